import { describeAdapter } from '@pool/testbed';
import type { Client } from 'pg';
import { createPostgresPool, type PostgresPool } from '../src/index.ts';
import { admin, database, value } from './support/fixture.ts';

const { address: server, user, password } = database;
const at = { user, password, database: database.database, application_name: 'conformance' };
const ofThisSuite = "from pg_stat_activity where application_name = 'conformance'";
await admin.query('create table texts (value text)');

describeAdapter<Client, PostgresPool>({
  name: '@pool/postgres',
  server,
  secret: password,
  differs: {},
  open: (pool, address) => createPostgresPool({ pool, connection: { ...at, ...address } }),
  openRefused: (pool) => createPostgresPool({ pool, connection: { ...at, ...server, password: 'wrong' } }),
  echo: (c, token) => value(c, 'select $1::text', [token]),
  mistake: (c) => c.query('select * from nowhere'),
  countConnections: async () => Number(await value(admin, `select count(*) ${ofThisSuite}`)),
  kill: async (c) =>
    admin.query('select pg_terminate_backend($1)', [await value(c, 'select pg_backend_pid()')]),
  session: {
    soil: (c) =>
      c.query('set search_path = dirt; create temp table dirt (); listen dirt; select pg_advisory_lock(1)'),
    isClean: async (c) => (await value(c, "select current_setting('search_path')")) !== 'dirt',
  },
  table: {
    insert: (c, text) => c.query('insert into texts values ($1)', [text]),
    values: async (c) =>
      (await c.query<{ value: string }>('select value from texts')).rows.map((row) => row.value),
    begin: (c) => c.query('begin'),
  },
  cancel: {
    run: (pool, signal) => pool.query('select pg_sleep(60)', [], { signal }),
    isRunning: async () => (await admin.query(`select 1 ${ofThisSuite} and state = 'active'`)).rowCount! > 0,
  },
  stream: (pool, rows) => pool.stream('select generate_series(1, $1::int)', [rows]),
});
