import { defineConfig } from '@pool/config';
import { describeBank } from '@pool/demo-kit/testing';
import { createMysqlPool } from '@pool/mysql';
import { freshDatabase } from '@pool/testbed/mysql';
import { MysqlBank } from '../src/bank.ts';

describeBank('MySQL', async () => {
  const { url, drop } = await freshDatabase();
  const { bank } = defineConfig({ bank: { driver: 'mysql', url } });
  return new MysqlBank(createMysqlPool(bank), drop);
});
