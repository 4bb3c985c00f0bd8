import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { defineConfig } from '@pool/config';
import { describeBank } from '@pool/demo-kit/testing';
import { createSqlitePool } from '@pool/sqlite';
import { bankFile } from '../src/bank-file.ts';
import { SqliteBank } from '../src/bank.ts';

const open = (file = bankFile(undefined)): SqliteBank => {
  const { bank } = defineConfig({ bank: { driver: 'sqlite', url: file.url } });
  return new SqliteBank(createSqlitePool(bank), file.discard);
};

describeBank('SQLite', () => open());

it('shows its reader and its writer, and leaves no file', { timeout: 60_000 }, async () => {
  const file = bankFile(undefined);
  const bank = open(file);
  await bank.seed({ users: [], accounts: [] });
  await bank.ping(AbortSignal.timeout(30_000));
  expect(bank.pools()).toMatchObject({
    reader: { gauges: { leased: 0 } },
    writer: { gauges: { max: 1, leased: 0 } },
  });
  await bank.close();
  expect(existsSync(dirname(fileURLToPath(file.url)))).toBe(false);
});
