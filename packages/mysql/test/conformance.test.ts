import { describeAdapter } from '@pool/testbed';
import type { PoolOptions } from '@pool/core';
import type { RowDataPacket } from 'mysql2';
import { createMysqlPool, type MysqlConnection, type MysqlPool } from '../src/index.ts';
import { fixture, valueOf } from './support/fixture.ts';

const { place, admin, ask } = await fixture();
await admin.query('CREATE TABLE texts (value TEXT)');
await admin.query(`CREATE USER IF NOT EXISTS 'conformance'@'%' IDENTIFIED BY 'canary-5f2e'`);
await admin.query(`GRANT ALL ON *.* TO 'conformance'@'%'`);
const of = (password: string, at = place.address) => ({
  ...at,
  user: 'conformance',
  password,
  database: place.database,
});
const processes = `FROM information_schema.processlist WHERE user = 'conformance'`;

describeAdapter<MysqlConnection, MysqlPool>({
  name: '@pool/mysql',
  server: place.address,
  secret: 'canary-5f2e',
  differs: {},
  open: (pool: PoolOptions, at) => createMysqlPool({ connection: of('canary-5f2e', at), pool }),
  openRefused: (pool) => createMysqlPool({ connection: of('wrong'), pool }),
  echo: async (c, token) => (await c.query<RowDataPacket[]>('SELECT ? AS token', [token]))[0][0]!['token'],
  mistake: (c) => c.query('SELECT * FROM nowhere'),
  countConnections: async () => Number(await ask(`SELECT COUNT(*) ${processes}`)),
  kill: (c) => admin.query(`KILL ${c.threadId}`),
  session: {
    soil: (c) => c.query("SET @dirt = 1, sql_mode = '', @ignored = GET_LOCK('dirt', 0)"),
    isClean: async (c) =>
      (await valueOf(c, "SELECT @dirt IS NULL AND @@sql_mode <> '' AND IS_FREE_LOCK('dirt')")) === 1,
  },
  table: {
    insert: (c, value) => c.query('INSERT INTO texts VALUES (?)', [value]),
    values: async (c) =>
      (await c.query<RowDataPacket[]>('SELECT value FROM texts'))[0].map((row) => String(row['value'])),
    begin: (c) => c.query('BEGIN'),
  },
  cancel: {
    run: (pool, signal) => pool.query('SELECT SLEEP(60)', [], { signal }),
    isRunning: async () => Number(await ask(`SELECT COUNT(*) ${processes} AND info LIKE '%SLEEP(60)%'`)) > 0,
  },
  stream: (pool, rows) =>
    pool.stream(
      `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n`,
    ),
});
