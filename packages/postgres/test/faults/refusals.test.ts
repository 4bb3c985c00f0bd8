import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPrivatePostgres } from '@pool/testbed/postgres';
import { Client } from 'pg';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { ReadOnlyServerError } from '../../src/index.ts';
import { as, database, failure, open, until, value } from '../support/fixture.ts';

const certificate = await makeCertificate();
const server = await startPrivatePostgres({ tls: certificate });
const superuser = new Client({ connectionString: server.url });
superuser.on('error', () => undefined);
await superuser.connect();
afterAll(async () => {
  await superuser.end();
  await server.remove();
});

/** Self-signed, for localhost. */
async function makeCertificate(): Promise<{ cert: string; key: string }> {
  const request =
    'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const { stdout } = await promisify(execFile)('openssl', [
    ...request.split(' '),
    '-keyout',
    '-',
    '-out',
    '-',
  ]);
  const [key, cert] = stdout.split(/(?<=-END [A-Z ]+-+\n)/) as [string, string];
  return { key, cert };
}

const { user, password, address } = server;
const login = { user, password, database: server.database, port: address.port };

describe('F10: what no retry will mend is told at once, to all, without a storm of attempts', () => {
  const cases: Record<string, { connection: string | object; code: string }> = {
    'a wrong password': {
      connection: Object.assign(new URL(database.url), { password: 'wrong' }).href,
      code: '28P01',
    },
    'an unknown user': { connection: as('nobody'), code: '28P01' },
    'an unknown database': {
      connection: Object.assign(new URL(database.url), { pathname: '/nowhere' }).href,
      code: '3D000',
    },
  };
  for (const [name, { connection, code }] of Object.entries(cases)) {
    test(`${name} is fatal`, async () => {
      const { pool } = open({ connection, pool: { max: 5, acquireTimeoutMs: 30_000 } });
      const first = await Promise.all(Array.from({ length: 50 }, () => failure(pool.query('select 1'))));
      const later = await Promise.all(Array.from({ length: 50 }, () => failure(pool.query('select 1'))));
      for (const error of [...first, ...later])
        expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause: { code } });
      // 100 callers: an account is not locked because of them.
      expect(pool.metrics().counters.createFailed).toBeLessThanOrEqual(4);
    });
  }
});

const refused = async (connection: object): Promise<Error> =>
  failure(open({ connection, pool: { acquireTimeoutMs: 30_000 } }).pool.query('select 1'));

describe('F18: TLS', () => {
  test('required of a server that has none is refused for good, and never given up', async () => {
    const error = await refused({ connectionString: database.url, ssl: true });
    expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause: { message: /does not support SSL/ } });
  });

  test('with a certificate that nobody vouches for is refused for good', async () => {
    const error = await refused({ ...login, host: 'localhost', ssl: true });
    expect(error).toMatchObject({
      code: 'POOL_CONNECT_FAILED',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  test('with the certificate of another host is refused for good', async () => {
    const error = await refused({ ...login, host: '127.0.0.1', ssl: { ca: certificate.cert } });
    expect(error).toMatchObject({
      code: 'POOL_CONNECT_FAILED',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  test('that is in order serves queries, and their cancels go by TLS too', async () => {
    const { pool } = open({
      connection: { ...login, host: 'localhost', ssl: { ca: certificate.cert, ...certificate } },
      pool: { max: 1 },
    });
    const pid = await value(pool, 'select pg_backend_pid()');
    expect(await value(pool, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toBe(true);
    expect(await failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 200 }))).toMatchObject({
      code: 'POOL_QUERY_TIMEOUT',
    });
    expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  });
});

test('F13: a server that stops taking writes has all its connections retired, once, and that is reported', async () => {
  onTestFinished(() => readOnly('off'));
  await superuser.query('create table if not exists writes (n int)');
  const { pool, errors } = open({ connection: server.url, pool: { max: 3 } });
  const leases = await Promise.all(Array.from({ length: 3 }, () => pool.acquire()));
  await Promise.all(leases.map(({ connection }) => connection.query('insert into writes values (1)')));
  for (const lease of leases) lease.release();
  const opened = await value(superuser, countOf());
  expect([opened, pool.metrics().counters.created]).toEqual([3, 3]);

  await readOnly('on');
  const write = (): Promise<Error & { code?: string }> =>
    failure(pool.query('insert into writes values (1)'));
  for (const error of await Promise.all([write(), write(), write()])) expect(error.code).toBe('25006');
  await until(() => pool.stats().generation > 0);
  expect(errors[0]!.error).toBeInstanceOf(ReadOnlyServerError);
  // The new ones are to the same server here: it is not looked for again with every write.
  const { created } = pool.metrics().counters;
  for (let n = 0; n < 20; n++) expect((await write()).code).toBe('25006');
  expect(pool.metrics().counters.created - created).toBeLessThanOrEqual(3);

  await readOnly('off');
  await until(() =>
    pool.query('insert into writes values (1)').then(
      () => true,
      () => false,
    ),
  );
});

test('F13: a primary that comes back as a replica still serves reads, without a storm, and writes once it is promoted', async () => {
  await using own = await startPrivatePostgres();
  const { pool } = open({ connection: own.url, pool: { max: 3, acquireTimeoutMs: 20_000 } });
  await pool.query('create table writes (n int)');
  const directory = String(await value(pool, "select current_setting('data_directory')"));
  await own.stop();
  await writeFile(join(directory, 'standby.signal'), '');
  await own.start();
  expect(await value(pool, 'select pg_is_in_recovery()')).toBe(true);
  const { created } = pool.metrics().counters;
  const write = (): Promise<unknown> => pool.query('insert into writes values (1)');
  for (let n = 0; n < 20; n++) expect((await failure(write())).code).toBe('25006');
  expect(await value(pool, 'select count(*)::int from writes')).toBe(0);
  expect(pool.metrics().counters.created - created).toBeLessThanOrEqual(3);
  expect(await value(pool, 'select pg_promote()')).toBe(true);
  await write();
  expect(await value(pool, 'select count(*)::int from writes')).toBe(1);
});

test('F13: a write that a read-only transaction refuses retires nothing', async () => {
  await superuser.query('create table if not exists writes (n int)');
  const { pool } = open({ connection: server.url, pool: { max: 1 } });
  await pool.query('select 1');
  const write = pool.transaction((client) => client.query('insert into writes values (1)'), {
    readOnly: true,
  });
  expect((await failure(write)).code).toBe('25006');
  expect(pool.stats().generation).toBe(0);
});

function countOf(): string {
  return "select count(*)::int from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
}

/** As a failover does that leaves the old primary as a replica: it takes connections, and no writes. */
async function readOnly(value_: 'on' | 'off'): Promise<void> {
  await superuser.query('set default_transaction_read_only = off');
  await superuser.query(`alter system set default_transaction_read_only = ${value_}`);
  await superuser.query('select pg_reload_conf()');
  // The setting holds for sessions to come, and for those that are open, from their next statement on.
  await until(async () => {
    const probe = new Client({ connectionString: server.url });
    await probe.connect();
    const now = await value(probe, "select current_setting('default_transaction_read_only')");
    await probe.end();
    return now === value_;
  });
}
