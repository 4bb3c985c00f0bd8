// In place of `import { Pool } from 'pg'`.
import type pg from 'pg';
import type { PoolConfig, PoolControls } from './pg-pool/config.ts';
import { Pool as PoolOnCore } from './pg-pool/pool.ts';

export type { PoolConfig, PoolControls } from './pg-pool/config.ts';

/** A pg.Pool, typed as pg's own, which waits with a deadline, cleans sessions, and says what it is doing. */
export interface Pool extends pg.Pool {
  /** The pool below: its numbers, its events, and what pg-pool has no verb for. */
  readonly core: PoolControls;
}

/** @throws {OptionError} a wrong value, or a `Client` that is not pg's */
export const Pool: new (config?: PoolConfig) => Pool = PoolOnCore as unknown as new (
  config?: PoolConfig,
) => Pool;
