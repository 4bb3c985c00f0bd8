import type { Driver } from './drivers.ts';
import type { PoolInput } from './types.ts';

export interface Preset {
  /** Of the pool; those that a driver's adapter refuses are left out for it. */
  readonly pool: PoolInput;
  /** Of the adapter for SQLite. */
  readonly sqlite?: { readonly readers: number; readonly durability: 'normal' | 'full' };
  /** Why these values. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** Starting points by kind of process. What a preset does not name stays at its default. */
export const PRESETS = {
  /** Answers people over HTTP. */
  web: {
    pool: { max: 15, min: 2, acquireTimeout: '3s' },
    reasons: {
      max: '10 to 20 connections an instance keep a database of a few cores busy; more of them only queue there',
      min: '2 to 5 are open when the first request after a quiet time comes',
      acquireTimeout: 'a person leaves, and a proxy retries, soon after: refusing in 2 to 5 s sheds load',
    },
  },
  /** Takes jobs from a queue. */
  worker: {
    pool: { min: 2, acquireTimeout: '30s', leakThreshold: '5m' },
    reasons: {
      min: 'the next job finds a connection',
      acquireTimeout: 'a job would rather wait than fail and be run again',
      leakThreshold: 'a job may hold its connection for minutes without leaking it',
    },
  },
  /** One request at a time, many instances, frozen in between. */
  serverless: {
    pool: { max: 1, acquireTimeout: '2s', idleTimeout: '10s', keepaliveInterval: 'never', closeGrace: '2s' },
    reasons: {
      max: 'an instance serves one request at a time, and there may be hundreds of them',
      acquireTimeout: 'the time of a function is paid for, and short',
      idleTimeout: 'a frozen instance cannot close anything: what it holds while it runs should be little',
      keepaliveInterval: 'no timer runs in a frozen instance; a connection is validated after the thaw',
      closeGrace: 'little time is given between the signal and the end',
    },
  },
  /** SQLite in an application or a device. */
  embedded: {
    pool: {},
    sqlite: { readers: 2, durability: 'full' },
    reasons: {
      readers: 'beside the one writer, two that read: the database shares its few cores with the application',
      durability: 'a device loses power without a warning; a commit that was acknowledged is kept',
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** `embedded` is about a database within the process. */
export const presetsOf = (driver: Driver): PresetName[] =>
  PRESET_NAMES.filter((preset) => preset !== 'embedded' || driver === 'sqlite');
