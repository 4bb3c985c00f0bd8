// A small bank on SQLite: `npm run demo` drives it, `npm run demo -- --serve` serves it.
import { loadConfig } from '@pool/config';
import { runDemo } from '@pool/demo-kit';
import { createSqlitePool } from '@pool/sqlite';
import { SqliteBank } from './bank.ts';
import { bankFile } from './bank-file.ts';

process.exitCode = await runDemo({
  name: 'demo-sqlite',
  flags: {
    file: { placeholder: 'path', help: 'keep the database there; by default it is deleted at the end' },
  },
  open({ file }) {
    const { url, discard } = bankFile(file);
    // DATABASE_POOL_… variables count as for every demo; the file is the one that --file names.
    const config = loadConfig(
      { ...process.env, DATABASE_URL: url, DATABASE_URL_FILE: undefined },
      {
        driver: 'sqlite',
        // Queries run on worker threads: one thread writes, the others read at the same time.
        pool: { name: 'bank', acquireTimeout: '2s', maxWaiting: 1_000 },
      },
    );
    return new SqliteBank(createSqlitePool(config), discard);
  },
});
