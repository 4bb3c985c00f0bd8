// Leaves its pool open: the process is to end by itself.
import { createSqlitePool } from '../../src/index.ts';

const [filename = '', mode = 'worker'] = process.argv.slice(2);
const pool = createSqlitePool({ connection: { filename }, mode: mode as 'worker' });
await pool.run('CREATE TABLE t (v)');
await pool.query('SELECT * FROM t');
console.log('idle');
