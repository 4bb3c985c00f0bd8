// A program that uses a pool, forgets to end it, and tells when its connection goes.
import { Pool as PgPool } from 'pg';
import { Pool } from '../../../src/pg-pool.ts';

const [, , url, which, allowExitOnIdle] = process.argv;
const PoolOf = which === 'pg-pool' ? PgPool : Pool;
const pool = new PoolOf({
  connectionString: url,
  idleTimeoutMillis: 300,
  allowExitOnIdle: allowExitOnIdle === 'true',
});
pool.on('remove', () => console.log('removed'));
await pool.query('select 1');
console.log('done');
