// Another process that holds the write lock of a file until it is told to let go.
import { once } from 'node:events';
import Database from 'better-sqlite3';

const database = new Database(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
console.log('locked');
await once(process.stdin, 'data');
database.exec('COMMIT');
database.close();
console.log('released');
process.stdin.destroy();
