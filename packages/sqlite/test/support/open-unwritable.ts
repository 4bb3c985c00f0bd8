// Runs as a user who may not write the file.
import { createSqlitePool } from '../../src/index.ts';

const filename = process.argv[2] ?? '';
try {
  createSqlitePool({ connection: { filename } });
  console.log('opened');
} catch (error) {
  console.log(`refused ${(error as { code?: string }).code}: ${(error as Error).message}`);
}
