import { checkNumbers } from './sizing.ts';

/** All that connects to one server. */
export interface Fleet {
  /** The server's `max_connections`. */
  readonly maxConnections: number;
  /** Kept for administrators. @defaultValue 3 */
  readonly reserved?: number;
  /** Of the service whose pools these are… */
  readonly instances: number;
  /** …and those that run besides while a new version is rolled out. @defaultValue 1 */
  readonly surge?: number;
  /** The pools of one instance, by name; a pool's `max` is all that counts. Cluster workers and threads are instances too. */
  readonly pools: Readonly<Record<string, { readonly max: number }>>;
}

export interface FleetCheck {
  readonly fits: boolean;
  /** The most connections that all pools of all instances may open. */
  readonly needed: number;
  readonly available: number;
  /** Per instance, over all its pools: the most that would fit. */
  readonly perInstance: number;
  readonly sentence: string;
}

/**
 * Whether all pools of all instances fit the server when each is at its `max`, also while a new version is rolled out.
 *
 * Source: as `connectionsPerInstance`; without its share: this counts all that there is.
 */
export function checkFleet({ maxConnections, reserved = 3, instances, surge = 1, pools }: Fleet): FleetCheck {
  checkNumbers({ maxConnections, reserved, instances, surge });
  const entries = Object.entries(pools);
  checkNumbers(Object.fromEntries(entries.map(([name, { max }]) => [`pools.${name}.max`, max])));
  const each = entries.reduce((sum, [, { max }]) => sum + max, 0);
  const running = instances + surge;
  const needed = each * running;
  const available = maxConnections - reserved;
  const perInstance = Math.max(0, Math.floor(available / running));
  const fits = needed <= available;
  const maxima = entries.map(([name, { max }]) => `${name} ${max}`).join(' + ');
  const sum = `${instances} + ${surge} instances x (${maxima}) = ${needed} connections; the server has ${maxConnections} - ${reserved} = ${available}`;
  const verdict = fits
    ? `${available - needed} to spare`
    : `${needed - available} too many: at most ${perInstance} an instance`;
  return { fits, needed, available, perInstance, sentence: `${sum}: ${verdict}` };
}
