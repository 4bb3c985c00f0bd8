import { ConnectError, type AcquireOptions } from '@pool/core';
import type { Topology } from './topology.ts';

/**
 * Lets a caller wait for a lease only while some server takes writes. The lease itself does not end with the primary.
 *
 * @throws {ConnectError} none does, or none does any more
 */
export async function whilePrimary<R>(
  pool: string,
  topology: Topology,
  options: AcquireOptions | undefined,
  lend: (options: AcquireOptions) => Promise<R>,
): Promise<R> {
  const { lostSignal } = topology;
  const signal = options?.signal === undefined ? lostSignal : AbortSignal.any([options.signal, lostSignal]);
  try {
    return await lend({ ...options, signal });
  } catch (error) {
    if (!lostSignal.aborted || error !== lostSignal.reason) throw error;
    const { what = 'no primary', error: cause } = topology.outage ?? {};
    throw new ConnectError({ pool, attempts: 0, message: `no server takes writes: ${what}`, cause });
  }
}
