import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  freshDatabase,
  startPgBouncer,
  startPostgres,
  startPrivatePostgres,
  type PrivatePostgres,
} from '../../src/servers/postgres.ts';

const PATIENCE = 120_000;

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(sql);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}

test('a run has a server, which says its version', { timeout: PATIENCE }, async () => {
  const server = await startPostgres();
  try {
    expect(await ask(server.url, "select current_setting('server_version') as value")).toBe(server.version);
  } finally {
    await server.stop();
  }
});

describe('a private server', () => {
  let server: PrivatePostgres;
  beforeAll(async () => {
    server = await startPrivatePostgres({ settings: { max_connections: 17 } });
  }, PATIENCE);
  afterAll(() => server.remove(), PATIENCE);

  test('has the settings that were asked for', async () => {
    expect(await ask(server.url, "select current_setting('max_connections') as value")).toBe('17');
  });

  test('keeps its port and its data over a restart and over a kill', async () => {
    const { port } = server.address;
    await ask(server.url, 'create table kept (); ');
    await server.restart();
    const first = server.pid;
    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(ask(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.start();
    expect(server.pid).not.toBe(first);
    expect(server.address.port).toBe(port);
    expect(await ask(server.url, "select to_regclass('kept')::text as value")).toBe('kept');
  });

  test('answers nobody new while it is paused', async () => {
    server.pause();
    const client = new Client({ connectionString: server.url, connectionTimeoutMillis: 200 });
    client.on('error', () => undefined);
    await expect(client.connect()).rejects.toThrow('timeout');
    server.resume();
    expect(await ask(server.url, 'select 1 as value')).toBe(1);
  });

  test('gives each caller a database of its own, and drops it with whoever is connected', async () => {
    const database = await freshDatabase(server);
    const other = await freshDatabase(server);
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create table mine ()');
    expect(await ask(other.url, "select to_regclass('mine')::text as value")).toBeNull();
    await database.drop();
    await other.drop();
    expect(
      await ask(server.url, "select count(*)::int as value from pg_database where datname like 'test_%'"),
    ).toBe(0);
  });

  test.each(['session', 'transaction'] as const)(
    'is reached through PgBouncer in %s mode',
    async (mode) => {
      const bouncer = await startPgBouncer({ to: server, mode });
      try {
        expect(await ask(bouncer.url, "select current_setting('max_connections') as value")).toBe('17');
        const admin = bouncer.url.replace(/[^/]*$/, 'pgbouncer');
        const client = new Client({ connectionString: admin });
        await client.connect();
        const { rows } = await client.query<{ pool_mode: string }>('show databases');
        const { rows: settings } = await client.query<{ key: string; value: string }>('show config');
        await client.end();
        expect(rows.length).toBeGreaterThan(0);
        expect(settings.find(({ key }) => key === 'pool_mode')?.value).toBe(mode);
      } finally {
        await bouncer.remove();
      }
    },
    PATIENCE,
  );
});

test('takes TLS connections when it has a certificate', { timeout: PATIENCE }, async () => {
  const { stdout } = await promisify(execFile)(
    'openssl',
    'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout - -out -'.split(' '),
  );
  const [key, cert] = [/-+BEGIN PRIVATE[^]*END PRIVATE KEY-+\n/, /-+BEGIN CERT[^]*END CERTIFICATE-+\n/].map(
    (pem) => pem.exec(stdout)![0],
  ) as [string, string];
  await using server = await startPrivatePostgres({ tls: { cert, key } });
  const { address, user, password, database } = server;
  const client = new Client({ ...address, user, password, database, ssl: { rejectUnauthorized: false } });
  await client.connect();
  const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
  await client.end();
  expect(rows).toEqual([{ ssl: true }]);
});

test(
  'does not outlive the process that started it, even one that is killed',
  { timeout: PATIENCE },
  async () => {
    const module = fileURLToPath(new URL('../../src/servers/postgres.ts', import.meta.url));
    const program = `
    const { startPrivatePostgres } = await import(${JSON.stringify(module)});
    const server = await startPrivatePostgres();
    console.log(JSON.stringify({ pid: server.pid, url: server.url }));
    setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { pid, url } = JSON.parse(line.toString()) as { pid: number; url: string };
    expect(await ask(url, "select current_setting('data_directory') as value")).toSatisfy(existsSync);
    const folder = (await ask(url, "select current_setting('data_directory') as value")) as string;
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false);
    await expect(ask(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(pid).toBeGreaterThan(1);
  },
);
