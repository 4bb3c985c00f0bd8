// A small bank on MongoDB: `npm run demo -- mongodb` drives it, `npm run demo -- mongodb --serve` serves it.
import { loadConfig } from '@pool/config';
import { runDemo, withDatabase } from '@pool/demo-kit';
import { createMongoPool } from '@pool/mongodb';
import { MongoBank } from './bank.ts';

process.exitCode = await runDemo({
  name: 'demo-mongodb',
  async open() {
    // Without DATABASE_URL it starts a server of its own, and loads what that takes only then.
    const { env, stop } = await withDatabase(process.env, async () => {
      const { startMongo: start, freshDatabase } = await import('@pool/testbed/mongodb');
      return { start, freshDatabase };
    });
    const config = loadConfig(env, {
      driver: 'mongodb',
      preset: 'web',
      pool: { name: 'bank', acquireTimeout: '2s', maxWaiting: 1_000 },
    });
    return new MongoBank(createMongoPool(config), stop);
  },
});
