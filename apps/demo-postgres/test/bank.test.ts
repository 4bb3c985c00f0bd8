import { defineConfig } from '@pool/config';
import { describeBank } from '@pool/demo-kit/testing';
import { createPostgresPool } from '@pool/postgres';
import { freshDatabase } from '@pool/testbed/postgres';
import { PostgresBank } from '../src/bank.ts';

describeBank('Postgres', async () => {
  const { url, drop } = await freshDatabase();
  const { bank } = defineConfig({ bank: { driver: 'postgres', url } });
  return new PostgresBank(createPostgresPool(bank), drop);
});
