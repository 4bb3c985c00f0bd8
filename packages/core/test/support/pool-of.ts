import { ScriptedFactory, VirtualClock, type FactoryScript, type ScriptedConnection } from '@pool/testing';
import {
  createPool,
  type PoolEventName,
  type Pool,
  type PoolEvents,
  type PoolOptions,
} from '../../src/index.ts';

/** What happened, in order: `of(name)` gives the payloads of one event. */
export interface EventLog {
  readonly names: PoolEventName[];
  of<E extends PoolEventName>(name: E): PoolEvents[E][];
}

export interface TestPool {
  readonly pool: Pool<ScriptedConnection>;
  readonly clock: VirtualClock;
  readonly factory: ScriptedFactory;
  readonly events: EventLog;
}

const EVENTS = [
  'connection:created',
  'connection:closed',
  'lease:acquired',
  'lease:released',
  'lease:overdue',
  'acquire:failed',
  'connect:failed',
  'pool:cleared',
  'pool:closed',
  'error',
] as const satisfies readonly PoolEventName[];

/**
 * A pool of scripted connections on a virtual clock, all of whose events are written down.
 *
 * @param heard the events that are listened to: the pool leaves out what nobody hears
 */
export function poolOf(
  options: PoolOptions = {},
  script: FactoryScript = {},
  heard: readonly PoolEventName[] = EVENTS,
): TestPool {
  const clock = new VirtualClock();
  const factory = new ScriptedFactory(clock, script);
  const pool = createPool(factory, options, { clock });
  return { pool, clock, factory, events: record(pool, heard) };
}

function record(pool: Pool<ScriptedConnection>, heard: readonly PoolEventName[]): EventLog {
  const log: [PoolEventName, unknown][] = [];
  for (const name of heard) pool.on(name, (payload: unknown) => void log.push([name, payload]));
  return {
    get names() {
      return log.map(([name]) => name);
    },
    of: <E extends PoolEventName>(name: E) =>
      log.filter(([logged]) => logged === name).map(([, payload]) => payload as PoolEvents[E]),
  };
}
