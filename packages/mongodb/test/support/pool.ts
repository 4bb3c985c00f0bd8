import { freshDatabase, type MongoDatabase } from '@pool/testbed/mongodb';
import {
  createMongoPool,
  type ConnectionOptions,
  type MongoPool,
  type MongoPoolOptions,
} from '../../src/index.ts';

export interface TestPool {
  readonly pool: MongoPool;
  readonly database: MongoDatabase;
  /** Closes the pool and drops the database. */
  end(): Promise<void>;
}

/** A pool of its own database on the run's server. */
export async function openPool({
  driver,
  ...options
}: MongoPoolOptions & { driver?: Partial<ConnectionOptions> } = {}): Promise<TestPool> {
  const database = await freshDatabase();
  const pool = createMongoPool({ connection: { uri: database.url, ...driver }, ...options });
  return {
    pool,
    database,
    end: async () => {
      await pool.close();
      await database.drop();
    },
  };
}
