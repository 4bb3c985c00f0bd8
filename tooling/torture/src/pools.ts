import type { Adapter } from './pool-under-test.ts';
import { adapter as genericPool } from './pools/generic-pool.ts';
import { adapter as lightningPool } from './pools/lightning-pool.ts';
import { adapter as pgPool } from './pools/pg-pool.ts';
import { adapter as poolCore } from './pools/pool-core.ts';
import { adapter as sequelizePool } from './pools/sequelize-pool.ts';
import { adapter as tarn } from './pools/tarn.ts';

export const OURS = poolCore;

/** In the order of the table. */
export const POOLS: readonly Adapter[] = [poolCore, pgPool, genericPool, tarn, sequelizePool, lightningPool];
