// Writes as fast as it can, and says what has been acknowledged, until it is killed.
import { createSqlitePool } from '../../src/index.ts';

const [filename = '', round = '', durability = 'normal'] = process.argv.slice(2);
const pool = createSqlitePool({ connection: { filename }, durability: durability as 'normal' | 'full' });
await pool.query('CREATE TABLE IF NOT EXISTS acks (name TEXT PRIMARY KEY) WITHOUT ROWID');
await pool.query('CREATE TABLE IF NOT EXISTS parts (name TEXT)');

async function writeSingles(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const name = `${round}/${writer}/${n}`;
    await pool.run('INSERT INTO acks VALUES (?)', [name]);
    console.log(`ack ${name}`);
  }
}

/** All three parts, or none. */
async function writeTransactions(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const name = `${round}/t${writer}/${n}`;
    await pool.transaction(async (connection) => {
      for (let part = 0; part < 3; part++) await connection.run('INSERT INTO parts VALUES (?)', [name]);
    });
    console.log(`part ${name}`);
  }
}

await Promise.all([
  ...Array.from({ length: 14 }, (_, writer) => writeSingles(writer)),
  writeTransactions(0),
  writeTransactions(1),
]);
