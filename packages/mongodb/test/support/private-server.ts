import { startPrivateMongo, type PrivateMongo } from '@pool/testbed/mongodb';
import { MongoClient, type Document } from 'mongodb';
import {
  createMongoPool,
  type ConnectionOptions,
  type MongoPool,
  type MongoPoolOptions,
} from '../../src/index.ts';

/** A server of this test file alone, to which anything may be done. */
export interface PrivateServer extends AsyncDisposable {
  readonly set: PrivateMongo;
  /** Not of the pools: to ask and to command. */
  readonly admin: MongoClient;
  /** `failCommand` on the primary, for commands of a pool: mongod's own means for tests. */
  fail(data: Document, mode?: Document | 'alwaysOn' | 'off'): Promise<void>;
  /** Sockets with this name, monitors included, as the server counts them. */
  countSockets(appName: string): Promise<number>;
  /** Opens a pool; closed with the server. */
  open(options?: MongoPoolOptions & { driver?: Partial<ConnectionOptions> }): MongoPool;
}

const POOLS = 'under test';

export async function startServer(nodes = 1): Promise<PrivateServer> {
  const set = await startPrivateMongo({ nodes });
  const admin = new MongoClient(set.url, { appName: 'admin' });
  await admin.connect();
  const pools: MongoPool[] = [];
  return {
    set,
    admin,
    fail: async (data, mode = { times: 1 }) => {
      const command = { configureFailPoint: 'failCommand', mode, data: { appName: POOLS, ...data } };
      await admin.db('admin').command(command);
    },
    countSockets: async (appName) => {
      const all = { $currentOp: { allUsers: true, idleConnections: true } };
      return (
        await admin
          .db('admin')
          .aggregate([all, { $match: { appName } }])
          .toArray()
      ).length;
    },
    open: ({ driver, ...options } = {}) => {
      const uri = withDatabase(set.url, `d${pools.length}`);
      const pool = createMongoPool({ connection: { uri, appName: POOLS, ...driver }, ...options });
      pool.on('error', () => undefined);
      pools.push(pool);
      return pool;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.map((pool) => pool.close()));
      await admin.close();
      await set.remove();
    },
  };
}

export function withDatabase(url: string, database: string): string {
  return url.replace('/?', `/${database}?`);
}
