import type { PoolOptions } from '@pool/core';
import type { Adapter, Address } from '../../src/index.ts';
import type { Client } from './client.ts';
import { ReferenceFactory } from './factory.ts';
import { ReferencePool } from './pool.ts';
import { PASSWORD, type ReferenceServer } from './server.ts';

/** The parts that a broken adapter replaces. */
export interface Parts {
  readonly Factory?: typeof ReferenceFactory;
  readonly Pool?: typeof ReferencePool;
  /** What it makes of the options it is given. */
  readonly options?: PoolOptions;
}

/** How an adapter that can do everything presents itself to the suite. */
export function referenceAdapter(
  server: ReferenceServer,
  address: Address,
  parts: Parts = {},
): Adapter<Client, ReferencePool> {
  const { Factory = ReferenceFactory, Pool = ReferencePool } = parts;
  const openWith = (password: string, options: PoolOptions, at: Address): ReferencePool =>
    new Pool(new Factory({ at, password }), { ...options, ...parts.options });
  return {
    name: 'the reference adapter',
    server: address,
    secret: PASSWORD,
    differs: {},
    open: (options, at) => openWith(PASSWORD, options, at),
    openRefused: (options) => openWith(`not ${PASSWORD}`, options, address),
    echo: (client, token) => client.ask('echo', token),
    mistake: (client) => client.ask('mistake'),
    countConnections: () => server.connections,
    kill: (client) => server.kill(client.session),
    session: {
      soil: (client) => client.ask('set', { dirt: 1 }),
      isClean: async (client) => !('dirt' in ((await client.ask('settings')) as object)),
    },
    table: {
      insert: (client, value) => client.ask('insert', value),
      values: async (client) => (await client.ask('values')) as string[],
      begin: (client) => client.ask('begin'),
    },
    cancel: {
      run: (pool, signal) => pool.waitForEver(signal),
      isRunning: () => server.isRunning('wait'),
    },
    stream: (pool, rows) => pool.stream(rows),
  };
}
