// A small bank on MySQL: `npm run demo -- mysql` drives it, `npm run demo -- mysql --serve` serves it.
import { loadConfig } from '@pool/config';
import { runDemo, withDatabase } from '@pool/demo-kit';
import { createMysqlPool } from '@pool/mysql';
import { MysqlBank } from './bank.ts';

process.exitCode = await runDemo({
  name: 'demo-mysql',
  async open() {
    // Without DATABASE_URL it starts a server of its own, and loads what that takes only then.
    const { env, stop } = await withDatabase(process.env, async () => {
      const { startMysql: start, freshDatabase } = await import('@pool/testbed/mysql');
      return { start, freshDatabase };
    });
    const config = loadConfig(env, {
      driver: 'mysql',
      preset: 'web',
      pool: { name: 'bank', acquireTimeout: '2s', maxWaiting: 1_000 },
    });
    return new MysqlBank(createMysqlPool(config), stop);
  },
});
