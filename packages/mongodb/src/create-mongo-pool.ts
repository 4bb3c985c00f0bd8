import type { MongoClient } from 'mongodb';
import { Clients } from './clients.ts';
import { checkClient } from './driver-copy.ts';
import { MongoFactory } from './factory.ts';
import { MongoPool } from './mongo-pool.ts';
import { resolveMongoOptions, type MongoPoolOptions } from './options.ts';

/**
 * Makes a pool of leases on one MongoClient. It connects by `ready()` or the first call.
 *
 * @throws {OptionError} an option is unknown or wrong, one that the driver cannot honour, or the same setting given twice
 */
export function createMongoPool(options: MongoPoolOptions): MongoPool {
  return new MongoPool(resolveMongoOptions(options));
}

/**
 * The factory alone, for a `createPool` of your own on a client of yours, which stays open. It lends permits: pass their `session`
 * to each operation yourself.
 *
 * @throws {OptionError} no MongoClient, or one of a second copy of the driver
 */
export function mongoFactory({ client }: { client: MongoClient }): MongoFactory {
  checkClient('mongodb', client);
  const clients = new Clients({
    makeClient: () => client,
    adopted: client,
    rotateAfterMs: Infinity,
    onMade: () => () => undefined,
    onReplaced: () => undefined,
  });
  return new MongoFactory(clients, 'mongodb');
}
