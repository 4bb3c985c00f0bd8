// What differs between the drivers, as data. Types, checks, variables and the JSON Schema are made of it.
// An adapter's package cannot be imported here: a service installs one of them. Tests hold this table beside all four.
import type { PoolOptions } from '@pool/core';
import type { Kind } from './kind.ts';

export const DRIVER_NAMES = ['postgres', 'mysql', 'mongodb', 'sqlite'] as const;
export type Driver = (typeof DRIVER_NAMES)[number];

export interface DriverTraits {
  /** Of its URLs. */
  readonly schemes: readonly string[];
  readonly exampleUrl: string;
  /** The option of `connection` that takes the URL, or the file's name; undefined where the URL is the connection. */
  readonly target: string | undefined;
  /** Whether one URL may name several hosts. */
  readonly takesHosts: boolean;
  /** The adapter's own options that can be said in text, and do not change what the code gets: SQLite's `mode` does. */
  readonly options: Readonly<Record<string, Kind>>;
  /** The pool's options that the adapter refuses. */
  readonly refused: Readonly<Partial<Record<keyof PoolOptions, Refusal>>>;
}

export interface Refusal {
  readonly why: string;
  /** The setting to use instead. */
  readonly instead?: string;
}

export const DRIVERS = {
  postgres: {
    schemes: ['postgres', 'postgresql'],
    exampleUrl: 'postgres://user:password@host:5432/database',
    target: 'connectionString',
    takesHosts: false,
    options: {
      reset: { type: 'choice', values: ['tracked', 'always', 'never'] },
      pooler: { type: 'choice', values: ['detect', 'none', 'session', 'transaction'] },
      directConnection: { type: 'url', example: 'postgres://user:password@host:5432/database' },
      replicas: { type: 'list' },
    },
    refused: {},
  },
  mysql: {
    schemes: ['mysql', 'mariadb'],
    exampleUrl: 'mysql://user:password@host:3306/database',
    target: undefined,
    takesHosts: false,
    options: {
      reset: { type: 'choice', values: ['tracked', 'always', 'never'] },
    },
    refused: {},
  },
  mongodb: {
    schemes: ['mongodb', 'mongodb+srv'],
    exampleUrl: 'mongodb://user:password@host1:27017,host2:27017/database',
    target: 'uri',
    takesHosts: true,
    options: {
      rotateEveryMs: { type: 'duration' },
      failFastWhenNoPrimary: { type: 'flag' },
    },
    refused: {
      maxUses: { why: 'sockets end with their client', instead: 'rotateEvery' },
      maxLifetimeMs: { why: 'sockets end with their client', instead: 'rotateEvery' },
      validateAfterIdleMs: { why: 'the driver watches its servers by itself' },
      validateTimeoutMs: { why: 'the driver watches its servers by itself' },
      keepaliveIntervalMs: { why: 'the driver watches its servers by itself' },
    },
  },
  sqlite: {
    schemes: ['file', 'sqlite'],
    exampleUrl: 'file:./data/shop.db',
    target: 'filename',
    takesHosts: false,
    options: {
      readers: { type: 'count', least: 1 },
      writers: { type: 'count', least: 1, most: 2 },
      durability: { type: 'choice', values: ['normal', 'full'] },
      autoBatch: { type: 'flag' },
      pragmas: { type: 'map' },
    },
    refused: {
      max: { why: 'one connection writes and others read', instead: 'readers' },
      min: { why: 'one reader and the writer are kept open' },
    },
  },
} as const satisfies Record<Driver, DriverTraits>;

export const traitsOf = (driver: Driver): DriverTraits => DRIVERS[driver];
