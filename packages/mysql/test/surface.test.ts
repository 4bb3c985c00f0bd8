import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ResultSetHeader, RowDataPacket } from 'mysql2';
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { createMysqlPool, type MysqlConnection, type MysqlPool } from '../src/index.ts';
import { countTo, errorOf, fixture, openPool, until, valueOf } from './support/fixture.ts';

const { place, admin, ask, open } = await fixture();
await admin.query('CREATE TABLE item (id INT PRIMARY KEY AUTO_INCREMENT, name TEXT)');

describe("mysql2's own results", () => {
  test('query: rows and fields', async () => {
    const [rows, fields] = await open().query<RowDataPacket[]>('SELECT ? AS one, ? AS text', [1, "it's"]);
    expect(rows).toEqual([{ one: 1, text: "it's" }]);
    expect(fields.map((field) => field.name)).toEqual(['one', 'text']);
  });

  test('execute: as a prepared statement, kept by the connection', async () => {
    const pool = open({ max: 1 });
    for (const n of [1, 2, 3]) {
      const [rows] = await pool.execute<RowDataPacket[]>('SELECT ? * 2 AS twice', [n]);
      expect(Number(rows[0]!['twice'])).toBe(n * 2);
    }
    const prepared = await pool.use((c) =>
      c.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'"),
    );
    expect(prepared[0][0]).toMatchObject({ Value: '1' });
  });

  test('a write: its header', async () => {
    const [header] = await open().query<ResultSetHeader>("INSERT INTO item (name) VALUES ('a'), ('b')");
    expect(header).toMatchObject({ affectedRows: 2, insertId: expect.any(Number) });
    expectTypeOf(header).toEqualTypeOf<ResultSetHeader>();
  });

  test("mysql2's options of one query, and named placeholders", async () => {
    const pool = openPool(place, {}, { connection: { ...at(), namedPlaceholders: true } });
    const [rows] = await pool.query({ sql: 'SELECT :n AS n', rowsAsArray: true }, { n: 5 });
    expect(rows).toEqual([[5]]);
  });

  test("the errors of the server, with mysql2's fields", async () => {
    expect(await errorOf(open().query('SELECT * FROM nowhere'))).toMatchObject({
      errno: 1146,
      code: 'ER_NO_SUCH_TABLE',
      sqlState: '42S02',
    });
  });

  test('a stack that leads to whoever asked', async () => {
    const pool = open({ max: 1 });
    await pool.ready();
    for (const verb of ['query', 'execute'] as const) {
      const { stack } = await errorOf(pool[verb]('SELECT * FROM nowhere'));
      expect(stack).toMatch(/^Error: Table .*nowhere.* doesn't exist\n[^]*surface\.test\.ts/);
    }
  });

  test("execute's refusal of a value that cannot be sent returns the connection", async () => {
    const pool = open({ max: 1 });
    expect(await errorOf(pool.execute('SELECT ?', [undefined as never]))).toBeInstanceOf(TypeError);
    await pool.query('SELECT 1');
    expect(pool.stats().leased).toBe(0);
  });
});

describe('what is lent', () => {
  test("is mysql2's promise connection, the same object for one session", async () => {
    const pool = open({ max: 1 });
    const first = await pool.use((c) => c);
    const second = await pool.use((c) => c);
    expect(second).toBe(first);
    expect(first.constructor.name).toBe('PromiseConnection');
    expect(await valueOf(first, 'SELECT CONNECTION_ID()')).toBe(first.threadId);
    expectTypeOf(first).toEqualTypeOf<MysqlConnection>();
  });

  test('a lease is released at the end of its scope', async () => {
    const pool = open();
    {
      await using lease = await pool.acquire({ label: 'scope' });
      expect(await valueOf(lease.connection, 'SELECT 1')).toBe(1);
    }
    expect(pool.stats().leased).toBe(0);
    expect(pool.tryAcquire()?.release()).toBeUndefined();
  });
});

describe('stream', () => {
  test('gives every row once, in order, and then the connection back', async () => {
    const pool = open({ max: 1 });
    const seen: unknown[] = [];
    for await (const row of pool.stream(countTo(800))) {
      expect(pool.stats().leased).toBe(1);
      seen.push(row['i']);
    }
    expect(seen).toEqual(Array.from({ length: 800 }, (_, i) => i + 1));
    expect(pool.stats()).toMatchObject({ leased: 0, size: 1 });
  });

  test('a slow loop keeps the server waiting, and memory small', async () => {
    const pool = open({ max: 1 });
    const sql = `SELECT REPEAT('x', 10000) AS wide FROM (${countTo(900)}) AS many, (SELECT 1 UNION SELECT 2 UNION SELECT 3) AS thrice`;
    let read = 0;
    for await (const _ of pool.stream(sql)) {
      if (++read > 1) continue;
      const lent = pool.stats();
      expect(lent.leased).toBe(1);
      // 'Writing to net' on MariaDB, 'Sending to client' on MySQL.
      await until(async () => (await stateOfOthers()).includes('ing to '));
    }
    expect(read).toBe(2_700);
  });

  test('that is left early stops its query; the connection lives on', async () => {
    const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
    for await (const _ of pool.stream(
      'SELECT a.column_name FROM information_schema.columns a, information_schema.columns b',
    ))
      break;
    await pool.query('SELECT 1');
    expect(pool.metrics().counters.created).toBe(1);
  });

  test('of a mistake throws it, and gives the connection back', async () => {
    const pool = open({ max: 1 });
    const loop = async (): Promise<void> => {
      for await (const _ of pool.stream('SELECT * FROM nowhere'));
    };
    expect(await errorOf(loop())).toHaveProperty('errno', 1146);
    expect(pool.stats().leased).toBe(0);
  });

  test('whose connection dies throws instead of hanging', async () => {
    const pool = open({ max: 1 });
    const loop = async (): Promise<void> => {
      for await (const _ of pool.stream('SELECT SLEEP(60)'));
    };
    const failing = errorOf(loop());
    await until(() => ask(others('id')));
    await admin.query(`KILL ${Number(await ask(others('id')))}`);
    expect(await failing).toMatchObject({ code: 'POOL_CONNECTION_LOST', outcome: 'read-only' });
  });
});

test("P17: the core's verbs at run time", async () => {
  const pool = open({ max: 2 });
  await Promise.all([pool.query('SELECT SLEEP(0.05)'), pool.query('SELECT SLEEP(0.05)')]);
  await until(() => pool.stats().idle === 2);
  let ids: number[] = [];
  expect(pool.evict(({ threadId }) => (ids = [...ids, threadId]).length === 1)).toBe(1);
  pool.resize({ max: 1 });
  pool.pause();
  const waiting = pool.use((connection) => connection.threadId);
  expect(pool.stats()).toMatchObject({ phase: 'paused', max: 1, waiting: 1 });
  pool.resume();
  expect(await waiting).toBe(ids[1]);
});

describe('close', () => {
  test("F28: waits for leases, where mysql2's own end() kills their next statement", async () => {
    const pool = open({ max: 2 });
    const lease = await pool.acquire();
    const closing = pool.close();
    expect(await valueOf(lease.connection, 'SELECT 7')).toBe(7);
    expect(await errorOf(pool.query('SELECT 1'))).toHaveProperty('code', 'POOL_CLOSED');
    lease.release();
    await closing;
    expect(pool.stats()).toMatchObject({ size: 0, phase: 'closed' });
  });

  test('ends the connection for stopping statements too', async () => {
    const pool = open({ max: 1 });
    await pool.ready();
    const before = await connections();
    const isSeen = until(async () => (await connections()) > before);
    const error = await errorOf(pool.query('SELECT SLEEP(60)', [], { timeoutMs: 200 }));
    expect(error).toHaveProperty('code', 'POOL_QUERY_TIMEOUT');
    await isSeen;
    await pool.close();
    await until(async () => (await connections()) < before);
  });
});

test('P20: an idle pool lets its process end, also after a statement was stopped', async () => {
  const program = fileURLToPath(new URL('support/idle-pool.ts', import.meta.url));
  const argv = ['--conditions=@pool/source', program, place.url];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  const said: string[] = [];
  child.stdout.on('data', (data: Buffer) => said.push(String(data)));
  const [code] = await once(child, 'close');
  expect([code, said.join('')]).toEqual([0, 'stopped\nawaited\n']);
});

test('a stream of one’s own, such as a tunnel, takes the place of the socket', async () => {
  const tunnel = (): Duplex => Duplex.from(connectTo(place.address));
  const pool = openPool(place, { max: 1 }, { connection: { ...at(), stream: tunnel } });
  await pool.query('SET @dirt = 1');
  expect(await pool.use((c) => valueOf(c, 'SELECT @dirt'))).toBe(null);
  expect(pool.metrics().counters.created).toBe(1);
});

describe('a password that changes', () => {
  test('is asked for by each connection; rotate() makes new ones', async () => {
    const asked: string[] = [];
    const connection = {
      ...at(),
      password: async (): Promise<string> => {
        asked.push('asked');
        return place.password;
      },
    };
    const pool = openPool(place, { max: 1 }, { connection });
    const first = await pool.use((c) => c.threadId);
    pool.rotate();
    expect(await pool.use((c) => c.threadId)).not.toBe(first);
    expect(asked).toHaveLength(2);
  });
});

test('wait_timeout shorter than idleTimeoutMs is warned of once', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const seconds = Number(await ask('SELECT @@global.wait_timeout'));
  const pool = open({ max: 2, idleTimeoutMs: Infinity, keepaliveIntervalMs: Infinity, name: 'shop' });
  await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 2')]);
  expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
    expect.stringMatching(new RegExp(`^pool "shop": .*${seconds * 1_000} ms \\(wait_timeout\\)`)),
  ]);
  await open({ idleTimeoutMs: 1_000 }).query('SELECT 1');
  await open({ idleTimeoutMs: Infinity }).query('SELECT 1');
  expect(warn).toHaveBeenCalledOnce();
});

test('types: a pool is disposed of at the end of its scope', async () => {
  let pool: MysqlPool;
  {
    await using scoped = createMysqlPool({ connection: place.url });
    await scoped.ready();
    pool = scoped;
  }
  expect(pool.stats().phase).toBe('closed');
});

function at(): { host: string; port: number; user: string; password: string; database: string } {
  const { address, user, password, database } = place;
  return { ...address, user, password, database };
}

function others(column: string): string {
  return `SELECT ${column} FROM information_schema.processlist WHERE db = '${place.database}' AND id <> CONNECTION_ID() AND info IS NOT NULL`;
}

async function stateOfOthers(): Promise<string> {
  const state = await ask(others('state'));
  return typeof state === 'string' ? state : '';
}

async function connections(): Promise<number> {
  return Number(
    await ask(`SELECT COUNT(*) FROM information_schema.processlist WHERE db = '${place.database}'`),
  );
}
