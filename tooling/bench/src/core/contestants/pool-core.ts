import { createPool, type Lease } from '@pool/core';
import { closeConnection, openConnection, type Connection } from '../connection.ts';
import type { Contestant } from '../contestant.ts';

/** All defaults, so deadlines, histograms and the leak watch are on; only the queue is as unbounded as everybody's. */
export const contestant: Contestant<Lease<Connection>> = {
  name: '@pool/core',
  create({ max, acquireTimeoutMs }) {
    const factory = { create: openConnection, destroy: closeConnection };
    const pool = createPool<Connection>(factory, { max, acquireTimeoutMs, maxWaiting: Infinity });
    return { acquire: () => pool.acquire(), release: (lease) => lease.release() };
  },
};
