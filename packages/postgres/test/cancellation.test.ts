import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy } from '@pool/testbed/fault-proxy';
import { Query, type Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { AcquireTimeoutError, OptionError, QueryTimeoutError } from '../src/index.ts';
import { admin, database, failure, open, until, value } from './support/fixture.ts';

const ACTIVE = (mark: string): string =>
  `select count(*)::int from pg_stat_activity where state = 'active' and query like '%${mark}' and pid <> pg_backend_pid() and datname = current_database()`;

test('an aborted query is cancelled on the server, its caller told at once, its connection kept', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const abort = new AbortController();
  const reason = new Error('the user has left');
  const running = failure(pool.query('select pg_sleep(60) -- aborted', [], { signal: abort.signal }));
  await until(async () => (await value(admin, ACTIVE('aborted'))) === 1);
  abort.abort(reason);
  expect(await running).toBe(reason);
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(await value(admin, ACTIVE('aborted'))).toBe(0);
  expect(pool.metrics()).toMatchObject({ counters: { created: 1 }, postgres: { cancels: 1 } });
});

test('timeoutMs ends a query with a typed error, and covers the wait for a connection too', async () => {
  const { pool } = open({ pool: { max: 1 } });
  await pool.ready();
  const error = await failure<QueryTimeoutError>(pool.query('select pg_sleep(60)', [], { timeoutMs: 50 }));
  expect(error).toBeInstanceOf(QueryTimeoutError);
  expect(error).toMatchObject({ name: 'QueryTimeoutError', code: 'POOL_QUERY_TIMEOUT', timeoutMs: 50 });
  const lease = await pool.acquire();
  expect(await failure(pool.query('select 1', [], { timeoutMs: 50 }))).toBeInstanceOf(AcquireTimeoutError);
  lease.release();
});

test('a query that is answered in time is not disturbed by its signal and its time, which come later', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const abort = new AbortController();
  const options = { signal: abort.signal, timeoutMs: 60_000 };
  expect((await pool.query('select 1 as n', [], options)).rows).toEqual([{ n: 1 }]);
  abort.abort();
  expect(await value(pool, 'select 2')).toBe(2);
  expect(pool.metrics().postgres.cancels).toBe(0);
});

/** What is thrown by a query that speaks the protocol by itself. */
function submitted(client: Client): unknown {
  try {
    return client.query(new Query('select 1'));
  } catch (error) {
    return error;
  }
}

test('an aborted transaction commits nothing, sends nothing more, and its connection is lent again', async () => {
  await admin.query('create table ledger (entry text)');
  const { pool, errors } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const abort = new AbortController();
  const later: unknown[] = [];
  const running = failure(
    pool.transaction(
      async (client) => {
        await client.query("insert into ledger values ('aborted')");
        // The work goes on as if nothing had happened: it must not get anywhere.
        await client.query('select pg_sleep(60) -- transaction').catch((error: unknown) => later.push(error));
        await client
          .query("insert into ledger values ('after')")
          .catch((error: unknown) => later.push(error));
        // The other forms of pg's query are refused too.
        await new Promise<void>((resolve) => {
          client.query('select 1', (error) => resolve(void later.push(error)));
        });
        later.push(submitted(client));
      },
      { signal: abort.signal },
    ),
  );
  await until(async () => (await value(admin, ACTIVE('transaction'))) === 1);
  abort.abort('left');
  expect(await running).toBe('left');
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(later).toMatchObject([{ code: '57014' }, 'left', 'left', 'left']);
  expect(await value(admin, 'select count(*)::int from ledger')).toBe(0);
  expect(errors).toEqual([]);
});

test('a transaction out of time ends with a typed error, and is not run again', async () => {
  const { pool } = open({ pool: { max: 1 } });
  await pool.ready();
  let runs = 0;
  const work = pool.transaction(
    async (client) => {
      runs++;
      await client.query('select pg_sleep(60)');
    },
    { timeoutMs: 50, retries: 5 },
  );
  expect(await failure(work)).toBeInstanceOf(QueryTimeoutError);
  expect(await value(pool, 'select 1')).toBe(1);
  expect(runs).toBe(1);
});

test('F16: a statement that the server itself cancels keeps its connection', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const limited = pool.query('set statement_timeout = 20; select pg_sleep(60)');
  expect((await failure(limited)).code).toBe('57014');
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
});

test('closing the pool cancels what still runs when the grace is over', async () => {
  const { pool } = open({ pool: { max: 1, closeGraceMs: 10 } });
  const running = failure(pool.query('select pg_sleep(60) -- closed'));
  await until(async () => (await value(admin, ACTIVE('closed'))) === 1);
  await pool.close();
  await running;
  await until(async () => (await value(admin, ACTIVE('closed'))) === 0);
  expect(pool.stats().size).toBe(0);
});

test('T: 1,500 racing cancels hit no query but their own', { timeout: 90_000 }, async () => {
  const { pool } = open({ pool: { max: 8, maxConnecting: 8, acquireTimeoutMs: 60_000 } });
  let aborted = 0;
  let answered = 0;
  const own = new Error('own');
  // The cancel is sent at about the time at which the answer comes: before, after, and while the next one runs.
  let delayMs = 4;
  const cancelled = async (n: number): Promise<void> => {
    const abort = new AbortController();
    const token = `c${n}`;
    const asked = pool.query('select $1::text as token, pg_sleep($2)', [token, (n % 5) / 2_000], {
      signal: abort.signal,
    });
    void sleep(delayMs).then(() => abort.abort(own));
    const told: unknown = await asked.then(
      ({ rows }) => (rows[0] as { token: string }).token,
      (error: unknown) => error,
    );
    expect([token, own]).toContain(told);
    if (told === own) aborted++;
    else answered++;
    delayMs *= told === own ? 1.03 : 0.97;
  };
  const bystander = async (n: number): Promise<void> => {
    const token = `b${n}`;
    const { rows } = await pool.query('select $1::text as token, pg_sleep(0.0005)', [token]);
    expect(rows[0]).toMatchObject({ token });
  };
  const CALLERS = 12;
  const each = 1_500 / CALLERS;
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = 0; n < each; n++)
        await Promise.all([cancelled(caller * each + n), bystander(caller * each + n)]);
    }),
  );
  const { counters, postgres } = pool.metrics();
  expect(aborted + answered).toBe(1_500);
  // The race is one: many of each, and requests that were really sent.
  expect(aborted).toBeGreaterThan(100);
  expect(answered).toBeGreaterThan(100);
  expect(postgres.cancels).toBeGreaterThan(50);
  expect(counters.closed.reset).toBe(0);
});

test('a cancel finds a server that is reached by a socket in the file system', async () => {
  const { user, password, address } = database;
  const folder = mkdtempSync(join(tmpdir(), 'pool-postgres-'));
  let accepted = 0;
  // As the server's own would be, if it had one.
  const sockets = createServer((socket) => {
    accepted++;
    const through = connect(address);
    socket
      .on('error', () => undefined)
      .pipe(through.on('error', () => undefined))
      .pipe(socket);
  });
  sockets.listen(join(folder, '.s.PGSQL.7000'));
  onTestFinished(() => {
    sockets.close();
    rmSync(folder, { recursive: true });
  });
  const connection = { host: folder, port: 7_000, user, password, database: database.database };
  const { pool } = open({ connection, pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const timedOut = await failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 50 }));
  expect(timedOut).toBeInstanceOf(QueryTimeoutError);
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(accepted).toBe(2);
});

test('P6: the reason of a caller that leaves is his own, also when his connection is closed with his lease', async () => {
  const { pool } = open({ pool: { maxUses: 1 } });
  const reason = new Error('left');
  const { stack } = reason;
  const abort = new AbortController();
  const options = { signal: abort.signal };
  const running = [
    failure(pool.query('select pg_sleep(60) -- leaving', [], options)),
    failure(pool.stream('select pg_sleep(60) -- leaving', [], options).next()),
    failure(pool.transaction((client) => client.query('select pg_sleep(60) -- leaving'), options)),
  ];
  await until(async () => (await value(admin, ACTIVE('leaving'))) === 3);
  abort.abort(reason);
  for (const told of await Promise.all(running)) expect(told).toBe(reason);
  expect(reason.stack).toBe(stack);
  await until(async () => (await value(admin, ACTIVE('leaving'))) === 0);
});

test('a cancel goes the way that the config has for connections', async () => {
  const { user, password, address } = database;
  let opened = 0;
  const stream = (): Socket => {
    opened++;
    const socket = new Socket();
    // The name is known to this way only.
    const reach = socket.connect.bind(socket) as (port: number, host: string) => Socket;
    socket.connect = (() => reach(address.port, address.host)) as never;
    return socket;
  };
  const connection = {
    host: 'db.invalid',
    port: 1,
    user,
    password,
    database: database.database,
    stream: stream as never,
  };
  const { pool } = open({ connection, pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const timedOut = await failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 50 }));
  expect(timedOut).toBeInstanceOf(QueryTimeoutError);
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(opened).toBe(2);
});

test('a cancel that cannot be sent costs the connection, and nobody else anything', async () => {
  const proxy = await startFaultProxy({ to: database.address });
  onTestFinished(() => proxy.close());
  const { user, password } = database;
  const connection = { ...proxy.address, user, password, database: database.database };
  const { pool, errors } = open({ connection, pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const abort = new AbortController();
  const running = failure(pool.query('select pg_sleep(60) -- unreachable', [], { signal: abort.signal }));
  await until(async () => (await value(admin, ACTIVE('unreachable'))) === 1);
  await proxy.refuse();
  abort.abort('left');
  expect(await running).toBe('left');
  await until(() => errors.length > 0);
  expect(errors).toMatchObject([{ phase: 'reset', error: { code: 'ECONNREFUSED' } }]);
  await proxy.accept();
  expect(await value(pool, 'select pg_backend_pid()')).not.toBe(pid);
});

test('F22 P7: a stalled event loop costs nobody the answer that has already arrived', async () => {
  const { pool } = open({ pool: { max: 4 } });
  await pool.ready();
  const asked = Array.from({ length: 4 }, (_, n) =>
    pool.query('select $1::int as n, pg_sleep(1)', [n], { timeoutMs: 1_500 }),
  );
  await until(async () => (await value(admin, ACTIVE('pg_sleep(1)'))) === 4);
  const end = performance.now() + 1_800;
  while (performance.now() < end);
  expect((await Promise.all(asked)).map(({ rows }) => (rows[0] as { n: number }).n)).toEqual([0, 1, 2, 3]);
});

test('a time that cannot be waited for is refused', async () => {
  const { pool } = open();
  for (const timeoutMs of [0, -1, Number.NaN, '5' as never]) {
    expect(await failure(pool.query('select 1', [], { timeoutMs }))).toBeInstanceOf(OptionError);
    expect(await failure(pool.transaction(() => 1, { timeoutMs }))).toBeInstanceOf(OptionError);
    expect(await failure(pool.stream('select 1', [], { timeoutMs }).next())).toBeInstanceOf(OptionError);
  }
  expect(pool.stats().size).toBe(0);
});
