// A process that never closes its pool. What would keep it alive would do so for ever.
import { createMysqlPool } from '../../src/index.ts';

const never = { idleTimeoutMs: Infinity, keepaliveIntervalMs: Infinity, maxLifetimeMs: Infinity };
const pool = createMysqlPool({ connection: process.argv[2]!, pool: { min: 2, ...never } });
await pool.ready();
await pool.query('SELECT SLEEP(60)', [], { timeoutMs: 200 }).catch(() => process.stdout.write('stopped\n'));
// A statement that is waited for keeps the process alive, with nothing else to do.
await pool.query('SELECT SLEEP(0.3)');
process.stdout.write('awaited\n');
