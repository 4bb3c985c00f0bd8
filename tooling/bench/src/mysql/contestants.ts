import { createMysqlPool } from '@pool/mysql';
import { createPool as createDropIn } from '@pool/mysql/mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { type LendingClient, type Contestant, CONNECTIONS } from '../database/contestant.ts';

export const OURS = '@pool/mysql';
export const DROP_IN = '@pool/mysql/mysql2';
export const PEER = 'mysql2';
/** As safe as ours: every session is reset. */
const PEER_RESETTING = 'mysql2, resetOnRelease';

export const ONE = 'select 1';
const TEN_ROWS = '10 rows';
const EXECUTE = 'execute';
export const STATEMENTS = [ONE, TEN_ROWS, EXECUTE] as const;

const SELECT_ONE = 'select 1';
const SELECT_TEN = 'select id, name, cents from account order by id limit 10';
const SELECT_BY_ID = 'select id, name, cents from account where id = ?';
const SOMEBODY = [7];

/** Above what any scenario has waiting. */
const NO_LIMIT = { maxWaiting: 100_000, acquireTimeoutMs: 60_000 };

async function openOurs(url: string, max: number): Promise<LendingClient> {
  const pool = createMysqlPool({ connection: url, pool: { max, ...NO_LIMIT } });
  await fill(() => pool.acquire());
  return {
    statements: {
      [ONE]: () => pool.query(SELECT_ONE),
      [TEN_ROWS]: () => pool.query(SELECT_TEN),
      [EXECUTE]: () => pool.execute(SELECT_BY_ID, SOMEBODY),
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

/** The same for everything that is a pool of mysql2. */
async function openTheirs(pool: Pool): Promise<LendingClient> {
  await fill(() => pool.getConnection());
  return {
    statements: {
      [ONE]: () => pool.query(SELECT_ONE),
      [TEN_ROWS]: () => pool.query(SELECT_TEN),
      [EXECUTE]: () => pool.execute(SELECT_BY_ID, SOMEBODY),
    },
    async acquire() {
      const connection = await pool.getConnection();
      return {
        query: () => connection.query(SELECT_ONE),
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
    close: () => pool.end(),
  };
}

/** What is measured is lending, and not connecting. */
async function fill(acquire: () => Promise<{ release(): void }>): Promise<void> {
  const held = await Promise.all(Array.from({ length: CONNECTIONS }, acquire));
  for (const lent of held) lent.release();
}

export const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  [OURS]: openOurs,
  [DROP_IN]: (uri, connectionLimit) => openTheirs(createDropIn({ uri, connectionLimit }, NO_LIMIT)),
  [PEER]: (uri, connectionLimit) => openTheirs(createPool({ uri, connectionLimit })),
  [PEER_RESETTING]: (uri, connectionLimit) =>
    openTheirs(createPool({ uri, connectionLimit, resetOnRelease: true })),
};
