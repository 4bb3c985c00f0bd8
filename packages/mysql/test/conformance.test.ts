import { describeAdapter } from '@pool/testbed';
import { createMysqlPool, type MysqlConnection, type MysqlPool } from '../src/index.ts';
import { createAccount, PASSWORD } from './support/account.ts';
import { countTo, fixture, valueOf, valuesOf } from './support/fixture.ts';

const { place, admin, ask } = await fixture();
await admin.query('CREATE TABLE texts (value TEXT)');
const account = await createAccount(admin, place);
const ofThisSuite = `FROM information_schema.processlist WHERE user = '${account.user}'`;
const IS_CLEAN = `SELECT @dirt IS NULL AND @@sql_mode <> '' AND IS_FREE_LOCK('dirt')`;

describeAdapter<MysqlConnection, MysqlPool>({
  name: '@pool/mysql',
  server: place.address,
  secret: PASSWORD,
  differs: {},
  open: (pool, at) => createMysqlPool({ connection: { ...account, ...at }, pool }),
  openRefused: (pool) => createMysqlPool({ connection: { ...account, password: 'wrong' }, pool }),
  echo: (c, token) => valueOf(c, 'SELECT ?', [token]),
  mistake: (c) => c.query('SELECT * FROM nowhere'),
  countConnections: async () => Number(await ask(`SELECT COUNT(*) ${ofThisSuite}`)),
  kill: (c) => admin.query(`KILL ${c.threadId}`),
  session: {
    soil: (c) => c.query("SET @dirt = 1, sql_mode = '', @ignored = GET_LOCK('dirt', 0)"),
    isClean: async (c) => (await valueOf(c, IS_CLEAN)) === 1,
  },
  table: {
    insert: (c, value) => c.query('INSERT INTO texts VALUES (?)', [value]),
    values: async (c) => (await valuesOf(c, 'SELECT value FROM texts')).map(String),
    begin: (c) => c.query('BEGIN'),
  },
  cancel: {
    run: (pool, signal) => pool.query('SELECT SLEEP(60)', [], { signal }),
    isRunning: async () => Boolean(await ask(`SELECT 1 ${ofThisSuite} AND info LIKE '%SLEEP%'`)),
  },
  stream: (pool, rows) => pool.stream(countTo(rows)),
});
