import {
  createServer,
  type AddressInfo,
  type LookupFunction,
  Socket,
  type SocketConnectOpts,
} from 'node:net';
import { startFaultProxy } from '@pool/testbed/fault-proxy';
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionLostError } from '../../src/index.ts';
import { admin, database, failure, open, until, value } from '../support/fixture.ts';
import { observe, UNDER_TEST } from '../support/observer.ts';

const { user, password, address } = database;
const login = { user, password, database: database.database, application_name: UNDER_TEST };

async function proxied() {
  const proxy = await startFaultProxy({ to: address });
  onTestFinished(() => proxy.close());
  return { proxy, connection: { ...login, ...proxy.address } };
}

test('F7: a black hole costs the time limits of those in it, and callers after it are served', async () => {
  const { proxy, connection } = await proxied();
  const { pool } = open({
    connection,
    pool: {
      max: 2,
      validateAfterIdleMs: 0,
      validateTimeoutMs: 500,
      resetTimeoutMs: 500,
      destroyTimeoutMs: 100,
      createTimeoutMs: 1_000,
      acquireTimeoutMs: 10_000,
    },
  });
  await value(pool, 'select 1');
  const running = failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 500 }));
  await until(() => pool.stats().leased === 1);
  proxy.stall();
  expect(await running).toMatchObject({ code: 'POOL_QUERY_TIMEOUT' });
  // In the hole nobody is served, and nobody waits longer than he said.
  expect(await failure(pool.query('select 1', [], { timeoutMs: 600 }))).toMatchObject({
    code: 'POOL_ACQUIRE_TIMEOUT',
  });
  await proxy.heal();
  expect(await value(pool, 'select 1')).toBe(1);
});

test('F7 A24: an idle connection in a black hole is found out before it is lent', async () => {
  const { proxy, connection } = await proxied();
  const { pool } = open({
    connection,
    pool: { max: 2, validateAfterIdleMs: 0, validateTimeoutMs: 500, destroyTimeoutMs: 100 },
  });
  const pid = await value(pool, 'select pg_backend_pid()');
  proxy.stall('open');
  expect(await value(pool, 'select pg_backend_pid()')).not.toBe(pid);
  await until(() => pool.metrics().counters.closed.invalid === 1);
});

test('P19: close() ends in a black hole too, and leaves no socket', async () => {
  const { proxy, connection } = await proxied();
  const sockets: Socket[] = [];
  const stream = (): Socket => sockets[sockets.push(new Socket()) - 1]!;
  const { pool } = open({
    connection: { ...connection, stream: stream as never },
    pool: { max: 2, destroyTimeoutMs: 100 },
  });
  await Promise.all([value(pool, 'select pg_sleep(0.02)'), value(pool, 'select pg_sleep(0.02)')]);
  proxy.stall();
  await pool.close();
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  expect(pool.stats().size).toBe(0);
});

test('F8: a reset in the middle of an answer is a lost connection, one while idle is nobody’s error', async () => {
  const { proxy, connection } = await proxied();
  const { pool, errors } = open({ connection, pool: { max: 1 } });
  await value(pool, 'select 1');
  const running = failure(pool.query('select pg_sleep(60)'));
  await until(() => pool.stats().leased === 1);
  proxy.reset();
  expect(await running).toBeInstanceOf(ConnectionLostError);
  expect(await value(pool, 'select 1')).toBe(1);
  proxy.reset();
  await until(() => pool.stats().size === 0);
  expect(await value(pool, 'select 1')).toBe(1);
  expect(errors).toEqual([]);
});

test('F8: a handshake that is cut after any number of bytes is transient', async () => {
  const { proxy, connection } = await proxied();
  const { pool } = open({ connection, pool: { max: 1, acquireTimeoutMs: 20_000 } });
  const kinds: string[] = [];
  pool.on('connect:failed', ({ kind }) => kinds.push(kind));
  for (const bytes of [0, 1, 5, 24, 60, 200]) {
    proxy.cutAfter(bytes, 'down');
    const failed = kinds.length;
    const asked = value(pool, 'select 1');
    await until(() => kinds.length > failed);
    await proxy.heal();
    expect(await asked).toBe(1);
    pool.clear();
  }
  expect(new Set(kinds)).toEqual(new Set(['transient']));
});

test('F19: 50 callers and slow handshakes: few at a time, and whatever is free first serves the next', async () => {
  const { proxy, connection } = await proxied();
  const { pool } = open({ connection, pool: { max: 50, maxConnecting: 3, acquireTimeoutMs: 30_000 } });
  await value(pool, 'select 1');
  const observer = observe(database.url);
  proxy.latencyMs = 60;
  let connecting = 0;
  const callers = Array.from({ length: 50 }, (_, n) => {
    const asked = value(pool, 'select $1::int', [n]);
    connecting = Math.max(connecting, pool.stats().creating);
    return asked;
  });
  const stop = pool.on('connection:created', () => {
    connecting = Math.max(connecting, pool.stats().creating);
  });
  expect(await Promise.all(callers)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  stop();
  await observer.stop();
  expect(connecting).toBeLessThanOrEqual(3);
  // The one that was open has served most of them meanwhile.
  expect(pool.metrics().counters.created).toBeLessThan(30);
  expect(observer.peak).toBeLessThanOrEqual(50);
});

test('F34: a server that sends its handshake byte by byte is given up after createTimeoutMs in all', async () => {
  const { proxy, connection } = await proxied();
  const { pool } = open({ connection, pool: { max: 1, createTimeoutMs: 1_000 } });
  proxy.bandwidth = 20;
  const startedAt = performance.now();
  const error = await failure(pool.query('select 1', [], { timeoutMs: 2_500 }));
  expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', cause: { code: 'CREATE_TIMEOUT' } });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  await proxy.heal();
  expect(await value(pool, 'select 1')).toBe(1);
});

test('F9: a server that greets with garbage is transient, and its sockets are closed', async () => {
  const sockets = new Set<Socket>();
  const garbage = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => undefined));
    socket.resume();
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  garbage.listen(0, '127.0.0.1');
  await until(() => garbage.listening);
  onTestFinished(() => void garbage.close());
  const { port } = garbage.address() as AddressInfo;
  const { pool } = open({
    connection: { ...login, host: '127.0.0.1', port },
    pool: { createTimeoutMs: 200, acquireTimeoutMs: 500 },
  });
  expect(await failure(pool.query('select 1'))).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
  await pool.close();
  await until(() => sockets.size === 0);
});

/** A socket that resolves every name to these addresses. */
function resolvingTo(addresses: () => readonly string[]): () => Socket {
  const lookup: LookupFunction = (_name, { all }, callback) => {
    const found = addresses().map((each) => ({ address: each, family: 4 }));
    if (all === true) callback(null, found);
    else callback(null, found[0]!.address, 4);
  };
  return () => {
    const socket = new Socket();
    const connect = socket.connect.bind(socket) as (options: SocketConnectOpts) => Socket;
    socket.connect = ((port: number, host: string) =>
      connect({ port, host, lookup })) as typeof socket.connect;
    return socket;
  };
}

test('F33: of two addresses of one name, the one that is dead costs no caller anything', async () => {
  // Nobody answers at the first, of the block that is reserved for documentation.
  const stream = resolvingTo(() => ['192.0.2.1', address.host]);
  const connection = { ...login, host: 'db.example', port: address.port, stream: stream as never };
  const { pool } = open({ connection, pool: { max: 1 } });
  expect(await value(pool, 'select 1')).toBe(1);
});

test('F17: the name is resolved for each connection: clear() moves the pool to the new address', async () => {
  const proxy = await startFaultProxy({ to: address });
  onTestFinished(() => proxy.close());
  let addresses = ['127.0.0.1'];
  const connection = {
    ...login,
    host: 'db.example',
    port: proxy.port,
    stream: resolvingTo(() => addresses) as never,
  };
  const { pool } = open({ connection, pool: { max: 1 } });
  expect(await value(pool, 'select 1')).toBe(1);
  addresses = ['127.0.0.2'];
  expect(await value(pool, 'select 2')).toBe(2);
  pool.clear();
  // Nobody listens there.
  expect(await failure(pool.query('select 1', [], { timeoutMs: 500 }))).toMatchObject({
    cause: { code: 'ECONNREFUSED', address: '127.0.0.2' },
  });
  addresses = ['127.0.0.1'];
  expect(await value(pool, 'select 3')).toBe(3);
});

test('F7: sockets are kept alive by the system, unless the config says otherwise', async () => {
  const { pool } = open();
  const { pool: without } = open({ connection: { connectionString: database.url, keepAlive: false } });
  const delays: unknown[] = [];
  const { setKeepAlive } = Socket.prototype;
  Socket.prototype.setKeepAlive = function keepAlive(this: Socket, ...rest: unknown[]) {
    delays.push(rest);
    return setKeepAlive.apply(this, rest as []);
  };
  onTestFinished(() => {
    Socket.prototype.setKeepAlive = setKeepAlive;
  });
  await value(without, 'select 1');
  expect(delays).toEqual([]);
  await value(pool, 'select 1');
  expect(delays).toEqual([[true, 10_000]]);
  expect(await value(admin, 'select 1')).toBe(1);
});
