import { defineConfig } from '@pool/config';
import { describeBank } from '@pool/demo-kit/testing';
import { createMongoPool } from '@pool/mongodb';
import { freshDatabase } from '@pool/testbed/mongodb';
import { MongoBank } from '../src/bank.ts';

describeBank('MongoDB', async () => {
  const { url, drop } = await freshDatabase();
  const { bank } = defineConfig({ bank: { driver: 'mongodb', url } });
  return new MongoBank(createMongoPool(bank), drop);
});
