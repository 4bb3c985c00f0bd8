import { createMongoPool } from '@pool/mongodb';
import { MongoClient, type ClientSession, type Collection } from 'mongodb';
import type { Client } from '../database/contestant.ts';
import { ACCOUNTS, COLLECTION, type Account } from './accounts.ts';

export const OURS = '@pool/mongodb';
export const BARE = 'MongoClient';

export const FIND_ONE = 'findOne';
const TRANSFER = 'transfer';
export const STATEMENTS = [FIND_ONE, TRANSFER] as const;

/** What both are reduced to. */
export interface MongoContestant extends Client {
  /** Of the driver's pool, not of its monitors: how many are open. */
  readonly sockets: () => number;
}

/** Opens as many sockets as `connections` says at most, closed once they have been idle for so long. */
export type OpenMongo = (url: string, connections: number, idleMs?: number) => Promise<MongoContestant>;

const IDLE_MS = 60_000;
/** Above what any scenario has waiting. */
const NO_LIMIT = { maxWaiting: 100_000, acquireTimeoutMs: 60_000 };

const openOurs: OpenMongo = async (url, max, idleTimeoutMs = IDLE_MS) => {
  const pool = createMongoPool({ connection: url, pool: { max, idleTimeoutMs, ...NO_LIMIT } });
  await pool.ready();
  const next = anyAccount();
  return {
    statements: {
      [FIND_ONE]: () => pool.use((lease) => lease.collection<Account>(COLLECTION).findOne({ _id: next() })),
      [TRANSFER]: () =>
        pool.transaction((lease) => transfer(lease.collection<Account>(COLLECTION), next(), next())),
    },
    sockets: () => Object.values(pool.stats().sockets).reduce((sum, { open }) => sum + open, 0),
    close: () => pool.close(),
  };
};

const openBare: OpenMongo = async (url, maxPoolSize, maxIdleTimeMS = IDLE_MS) => {
  const client = new MongoClient(url, { maxPoolSize, maxIdleTimeMS });
  let open = 0;
  client.on('connectionCreated', () => open++).on('connectionClosed', () => open--);
  await client.connect();
  const accounts = client.db().collection<Account>(COLLECTION);
  const next = anyAccount();
  return {
    statements: {
      [FIND_ONE]: () => accounts.findOne({ _id: next() }),
      [TRANSFER]: () =>
        client.withSession((session) =>
          session.withTransaction(() => transfer(accounts, next(), next(), session)),
        ),
    },
    sockets: () => open,
    close: () => client.close(),
  };
};

export const CONTESTANTS: Readonly<Record<string, OpenMongo>> = { [OURS]: openOurs, [BARE]: openBare };

/** Ours carries the session by itself. */
async function transfer(
  accounts: Collection<Account>,
  from: number,
  to: number,
  session?: ClientSession,
): Promise<void> {
  const options = session === undefined ? {} : { session };
  await accounts.updateOne({ _id: from }, { $inc: { cents: -1 } }, options);
  await accounts.updateOne({ _id: to }, { $inc: { cents: 1 } }, options);
}

/** One after the other, far apart: the same for both, and transactions seldom meet. */
function anyAccount(): () => number {
  let last = 0;
  return () => (last = (last + 7) % ACCOUNTS);
}
