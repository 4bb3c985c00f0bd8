import { createPostgresPool } from '@pool/postgres';
import { Pool as DropIn } from '@pool/postgres/pg-pool';
import { Pool } from 'pg';
import type { Client, Contestant, LendingClient } from '../database/contestant.ts';

export const OURS = '@pool/postgres';
const DROP_IN = '@pool/postgres/pg-pool';
export const PEER = 'pg-pool';
/** A caller that waits is told when its time is over: of what ours has, all that pg-pool can. */
const PEER_WITH_DEADLINE = 'pg-pool, connectionTimeoutMillis';

export const ONE = 'select 1';
const TEN_ROWS = '10 rows';
export const TWO_MS = '2 ms';
export const STATEMENTS = [ONE, TEN_ROWS] as const;

const SELECT_ONE = 'select 1';
const SELECT_TEN = 'select id, name, cents from account order by id limit 10';
const SLEEP = 'select pg_sleep(0.002)';

const PATIENCE_MS = 60_000;

function openOurs(url: string, max: number): LendingClient {
  const pool = createPostgresPool({ connection: url, pool: { max, acquireTimeoutMs: PATIENCE_MS } });
  return {
    statements: {
      [ONE]: () => pool.query(SELECT_ONE),
      [TEN_ROWS]: () => pool.query(SELECT_TEN),
      [TWO_MS]: () => pool.query(SLEEP),
    },
    async acquire() {
      const lease = await pool.acquire();
      return {
        query: () => lease.connection.query(SELECT_ONE),
        release: () => lease.release(),
        destroy: () => lease.destroy(),
      };
    },
    close: () => pool.close(),
  };
}

/** The same for everything that is a pg.Pool. */
function openTheirs(pool: Pool): LendingClient {
  // Without it pg-pool ends the process when a connection dies.
  pool.on('error', () => undefined);
  return {
    statements: {
      [ONE]: () => pool.query(SELECT_ONE),
      [TEN_ROWS]: () => pool.query(SELECT_TEN),
      [TWO_MS]: () => pool.query(SLEEP),
    },
    async acquire() {
      const client = await pool.connect();
      return {
        query: () => client.query(SELECT_ONE),
        release: () => client.release(),
        destroy: () => client.release(true),
      };
    },
    close: () => pool.end(),
  };
}

export const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  [OURS]: openOurs,
  [DROP_IN]: (connectionString, max) => openTheirs(new DropIn({ connectionString, max })),
  [PEER]: (connectionString, max) => openTheirs(new Pool({ connectionString, max })),
  [PEER_WITH_DEADLINE]: (connectionString, max) =>
    openTheirs(new Pool({ connectionString, max, connectionTimeoutMillis: PATIENCE_MS })),
};

/** With all its connections open: then what is measured is lending, and not connecting. */
export function filled(open: Contestant): Contestant<Client> {
  return async (url, connections) => {
    const client = await open(url, connections);
    const held = await Promise.all(Array.from({ length: connections }, () => client.acquire()));
    for (const borrowed of held) borrowed.release();
    return client;
  };
}
