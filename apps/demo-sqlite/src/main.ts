// A small bank on SQLite: `npm run demo` drives it, `npm run demo -- --serve` serves it.
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
    const { filename, discard } = bankFile(file);
    const pool = createSqlitePool({
      connection: { filename },
      // Queries run on worker threads: one thread writes, the others read at the same time.
      pool: { name: 'bank', acquireTimeoutMs: 2_000, maxWaiting: 1_000 },
    });
    return new SqliteBank(pool, discard);
  },
});
