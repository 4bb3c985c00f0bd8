import type { Lease, PoolEvents, PoolOptions } from '@pool/core';
import type { RowDataPacket } from 'mysql2';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ConnectionOptions, MysqlConnection, MysqlPool, ResetMode } from '../src/index.ts';
import { errorOf, fixture, openPool, until, valueOf } from './support/fixture.ts';

const { place, admin, ask, isMariaDb, open } = await fixture();
await admin.query('CREATE TABLE item (id INT PRIMARY KEY, note TEXT)');
await admin.query('CREATE TABLE watched (id INT PRIMARY KEY)');
await admin.query('CREATE TRIGGER mark BEFORE INSERT ON watched FOR EACH ROW SET @marked = 7');
await admin.query('CREATE FUNCTION marking() RETURNS INT DETERMINISTIC BEGIN SET @marked = 7; RETURN 1; END');
await admin.query('CREATE TABLE misled (id INT)');
await admin.query(
  'CREATE TRIGGER mislead BEFORE INSERT ON misled FOR EACH ROW BEGIN SET @marked = 7; UPDATE item SET missing = 1; END',
);
await admin.query('CREATE PROCEDURE mark() SET @marked = 7');

interface Bleed {
  /** What the first borrower does. */
  readonly soil: (connection: MysqlConnection) => Promise<unknown>;
  /** What the second one sees, when nothing reached it. */
  readonly probe: string;
  readonly clean: unknown;
}

const run =
  (...statements: string[]) =>
  async (connection: MysqlConnection): Promise<void> => {
    for (const sql of statements) await connection.query(sql);
  };
const name = place.database;
const strict = await ask('SELECT @@sql_mode');

const BLEEDS: Record<string, Bleed> = {
  'a user variable': { soil: run('SET @secret = 1'), probe: 'SELECT @secret', clean: null },
  'a user variable assigned in a SELECT': {
    soil: run('SELECT @secret := 1'),
    probe: 'SELECT @secret',
    clean: null,
  },
  'a user variable filled by SELECT INTO': {
    soil: run('SELECT 1 INTO @secret'),
    probe: 'SELECT @secret',
    clean: null,
  },
  'a user variable set by a trigger': {
    soil: run('REPLACE INTO watched VALUES (1)'),
    probe: 'SELECT @marked',
    clean: null,
  },
  'a user variable set by a trigger of a failed statement': {
    soil: async (c) => {
      await errorOf(c.query('INSERT INTO watched VALUES (5), (5)'));
    },
    probe: 'SELECT @marked',
    clean: null,
  },
  'a user variable set by a trigger that then finds no column': {
    soil: async (c) => {
      await errorOf(c.query('INSERT INTO misled VALUES (1)'));
    },
    probe: 'SELECT @marked',
    clean: null,
  },
  'a user variable set by a stored function': {
    soil: run('SELECT marking()'),
    probe: 'SELECT @marked',
    clean: null,
  },
  'a user variable set by a procedure': { soil: run('CALL mark()'), probe: 'SELECT @marked', clean: null },
  'a user variable set by a prepared statement': {
    soil: (c) => c.execute('SELECT @secret := ?', [1]),
    probe: 'SELECT @secret',
    clean: null,
  },
  sql_mode: { soil: run("SET sql_mode = ''"), probe: 'SELECT @@sql_mode', clean: strict },
  time_zone: { soil: run("SET time_zone = '+05:00'"), probe: 'SELECT @@time_zone', clean: 'SYSTEM' },
  'a temporary table': {
    soil: run('CREATE TEMPORARY TABLE item (fake INT)'),
    probe:
      "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'item' AND column_name = 'note' AND EXISTS (SELECT COUNT(id) FROM item)",
    clean: 1,
  },
  'a lock of GET_LOCK': {
    soil: run(`SELECT GET_LOCK('${name}', 0)`),
    probe: `SELECT IS_FREE_LOCK('${name}')`,
    clean: 1,
  },
  'an open transaction': {
    soil: run('START TRANSACTION', "INSERT INTO item VALUES (1, 'open')"),
    probe: 'SELECT COUNT(*) FROM item',
    clean: 0,
  },
  'autocommit = 0': {
    soil: run('SET autocommit = 0', 'SELECT * FROM item'),
    probe: 'SELECT @@autocommit',
    clean: 1,
  },
  'LOCK TABLES': {
    soil: run('LOCK TABLES item READ'),
    probe: 'SELECT COUNT(*) FROM watched WHERE id < 0',
    clean: 0,
  },
  'a prepared statement': {
    soil: run("PREPARE stolen FROM 'SELECT 1'"),
    probe: 'EXECUTE stolen',
    clean: 'ER_UNKNOWN_STMT_HANDLER',
  },
  'the default schema': { soil: run('USE mysql'), probe: 'SELECT DATABASE()', clean: name },
  'the character set': {
    soil: run('SET NAMES latin1'),
    probe: 'SELECT CONCAT_WS(" ", @@character_set_client, @@character_set_results, @@collation_connection)',
    clean: 'utf8mb4 utf8mb4 utf8mb4_unicode_ci',
  },
  'the isolation of all transactions': {
    soil: run('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE'),
    probe: `SELECT @@${isMariaDb ? 'tx_isolation' : 'transaction_isolation'}`,
    clean: 'REPEATABLE-READ',
  },
  'another user': {
    soil: (c) => c.changeUser({ user: place.user, database: 'mysql' }),
    probe: 'SELECT DATABASE()',
    clean: name,
  },
};

/** What the second borrower sees: a value, or an error's code. */
async function bleed(pool: MysqlPool, { soil, probe }: Bleed): Promise<unknown> {
  await pool.use(soil);
  return pool.use((connection) =>
    valueOf(connection, probe).catch(({ code }: { code?: string }) => code ?? 'no code'),
  );
}

describe('T: nothing of a session reaches the next borrower of the one connection there is', () => {
  test.each(Object.entries(BLEEDS))('%s', async (_, each) => {
    const pool = open({ max: 1 });
    expect(await bleed(pool, each)).toEqual(each.clean);
    await pool.query('DELETE FROM watched');
  });

  // What is always done needs no reset.
  const { 'an open transaction': _rolledBack, 'another user': _closed, ...ofTheReset } = BLEEDS;
  test.each(Object.entries(ofTheReset))("with reset 'never' it does: %s", async (_, each) => {
    const pool = open({ max: 1 }, { reset: 'never' });
    expect(await bleed(pool, each)).not.toEqual(each.clean);
    await pool.use(run('UNLOCK TABLES', `DELETE FROM ${name}.watched`, 'COMMIT'));
  });

  test('the isolation of the next transaction alone', async () => {
    const pool = open({ max: 1 });
    await pool.use(run('SET TRANSACTION READ ONLY'));
    const write = pool.transaction((c) => c.query("REPLACE INTO item VALUES (8, 'fine')"));
    await expect(write).resolves.toBeDefined();
    await pool.query('DELETE FROM item');
  });

  test('a prepared statement of execute() works after the reset that dropped it', async () => {
    const pool = open({ max: 1 });
    await pool.execute('SELECT ? + 1 AS n', [1]);
    await pool.use(run('SET @a = 1'));
    const [rows] = await pool.execute('SELECT ? + 1 AS n', [41]);
    expect(rows).toMatchObject([{ n: 42 }]);
  });

  test('with no database configured, USE costs the connection', async () => {
    const { host, port } = place.address;
    const pool = openPool(
      place,
      { max: 1 },
      { connection: { host, port, user: place.user, password: place.password } },
    );
    expect(await bleed(pool, BLEEDS['the default schema']!)).toBe(null);
    expect(pool.metrics().counters.closed.reset).toBe(1);
  });

  const WAYS: [string, ConnectionOptions][] = [['compressed', { compress: true }]];
  // MariaDB 10.11 has no TLS unless it is set up, MySQL always.
  if (!isMariaDb) WAYS.push(['encrypted', { ssl: { rejectUnauthorized: false } }]);
  test.each(WAYS)('on a connection that is %s', async (_, how) => {
    const { address, user, password, database } = place;
    const pool = openPool(
      place,
      { max: 1 },
      { connection: { ...address, user, password, database, ...how } },
    );
    for (const what of ['a user variable set by a trigger', 'an open transaction', 'the character set']) {
      const each = BLEEDS[what]!;
      expect(await bleed(pool, each)).toEqual(each.clean);
    }
    expect(pool.metrics().counters.created).toBe(1);
    await admin.query('DELETE FROM watched');
  });

  test("with reset 'never' an open transaction is rolled back all the same", async () => {
    const pool = open({ max: 1 }, { reset: 'never' });
    expect(await bleed(pool, BLEEDS['an open transaction']!)).toBe(0);
  });
});

/** What the server got on this pool's one connection, besides the questions asked here. A reset makes it count anew. */
async function roundTrips(reset: ResetMode, work: (pool: MysqlPool) => Promise<unknown>): Promise<number> {
  const pool = open({ max: 1, validateAfterIdleMs: Infinity }, { reset });
  const count = (): Promise<number> =>
    pool.use(async (c) => {
      const [rows] = await c.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Questions'");
      return Number(rows[0]!['Value']);
    });
  const before = await count();
  await work(pool);
  return (await count()) - before - 1;
}

describe('P10: the clean path costs no round trip', () => {
  const CLEAN: [string, number, (pool: MysqlPool) => Promise<unknown>][] = [
    ['a query', 1, (pool) => pool.query('SELECT 1')],
    ['an insert', 1, (pool) => pool.query("REPLACE INTO item VALUES (3, 'a@b.c')")],
    // Preparing is not counted.
    ['a prepared statement', 1, (pool) => pool.execute('SELECT ?', [1])],
    ['a transaction', 3, (pool) => pool.transaction((c) => c.query('SELECT 1'))],
    ['one with an isolation', 4, (pool) => pool.transaction(run('SELECT 1'), { isolation: 'serializable' })],
    ['a raw lease that only reads', 1, (pool) => pool.use(run('SELECT COUNT(*) FROM item'))],
    ['a transaction by hand', 3, (pool) => pool.use(run('BEGIN', 'SELECT 1', 'COMMIT'))],
    ['a statement that cannot be parsed', 1, (pool) => errorOf(pool.query('SELECT FROM'))],
  ];
  test.each(CLEAN)('%s', async (_, sent, work) => {
    expect(await roundTrips('tracked', work)).toBe(sent);
    await admin.query('DELETE FROM item');
  });

  test("reset 'always' resets after each of them", async () => {
    for (const [, , work] of CLEAN) expect(await roundTrips('always', work)).toBeLessThan(0);
    await admin.query('DELETE FROM item');
  });

  test('an open transaction alone costs one, for its ROLLBACK', async () => {
    expect(await roundTrips('tracked', (pool) => pool.use(run('BEGIN')))).toBe(2);
  });
});

function listening(pool: PoolOptions = {}): { pool: MysqlPool; told: PoolEvents['error'][] } {
  const opened = open({ max: 1, ...pool });
  const told: PoolEvents['error'][] = [];
  opened.on('error', (event) => told.push(event));
  return { pool: opened, told };
}

describe('A36: an open transaction', () => {
  const REPORTED = 'POOL_TRANSACTION_ABANDONED';

  test('is rolled back, counted, and told once, with the place of its acquire', async () => {
    const { pool, told } = listening();
    await pool.use(run('BEGIN', "INSERT INTO item VALUES (1, 'x')"));
    expect(await pool.use((c) => valueOf(c, 'SELECT COUNT(*) FROM item'))).toBe(0);
    expect(told).toMatchObject([{ phase: 'lease', error: { code: REPORTED } }]);
    expect(told[0]!.error).toHaveProperty('acquiredAt', expect.stringContaining('hygiene.test.ts'));
    expect(pool.metrics().mysql.abandonedTransactions).toBe(1);
    expect(pool.metrics().counters.created).toBe(1);
  });

  test('that its borrower ended is not told of', async () => {
    const { pool, told } = listening();
    await pool.use(run('BEGIN', 'COMMIT'));
    await pool.use(run('BEGIN', 'ROLLBACK'));
    await pool.query('SELECT 1');
    expect(told).toEqual([]);
    expect(pool.metrics().mysql.abandonedTransactions).toBe(0);
  });
});

const isOnServer = (id: number, info = ''): Promise<unknown> =>
  ask(
    `SELECT 1 FROM information_schema.processlist WHERE id = ${id} AND COALESCE(info, '') LIKE '%${info}%'`,
  );

/** Begins a statement that lasts, on a lease that is not waited for. */
async function beginOn(
  pool: MysqlPool,
): Promise<{ lease: Lease<MysqlConnection>; threadId: number; failed: Promise<unknown> }> {
  const lease = await pool.acquire();
  const { connection } = lease;
  const failed = errorOf(connection.query('SELECT SLEEP(60)'));
  await until(() => isOnServer(connection.threadId, 'SLEEP'));
  return { lease, threadId: connection.threadId, failed };
}

test('a connection that its borrower has paused is read again', async () => {
  const pool = open({ max: 1 });
  await pool.use((connection) => connection.pause());
  expect(await pool.use((c) => valueOf(c, 'SELECT 1'))).toBe(1);
  expect(pool.metrics().counters.created).toBe(1);
});

describe('A37: a lease that ends while its statement runs', () => {
  test('costs the connection, here and on the server; the next borrower gets another one', async () => {
    const pool = open({ max: 1 });
    const { lease, threadId, failed } = await beginOn(pool);
    lease.release();
    expect(await pool.use((c) => c.threadId)).not.toBe(threadId);
    expect(pool.metrics().counters.closed.reset).toBe(1);
    await until(async () => !(await isOnServer(threadId)));
    await failed;
  });

  test.each([
    ['maxLeaseMs', { maxLeaseMs: 300 }, async () => {}],
    ['clear({ interrupt })', {}, async (pool: MysqlPool) => pool.clear({ interrupt: true })],
    ['the end of closeGraceMs', { closeGraceMs: 0 }, (pool: MysqlPool) => pool.close()],
  ])('cut by %s, is over on the server too', async (_, options, cut) => {
    const pool = open({ max: 1, ...options });
    const { lease, threadId, failed } = await beginOn(pool);
    await cut(pool);
    await failed;
    await until(async () => !(await isOnServer(threadId)));
    expect(lease.isEnded).toBe(true);
  });

  test('costs nothing when it ends within the callback of its last statement', async () => {
    const pool = open({ max: 1 });
    for (const sql of ['SELECT 1', 'SELECT * FROM nowhere']) {
      const lease = await pool.acquire();
      const { promise, resolve } = Promise.withResolvers<void>();
      lease.connection.connection.execute(sql, () => {
        lease.release();
        resolve();
      });
      await promise;
    }
    await pool.query('SELECT 1');
    expect(pool.metrics().counters).toMatchObject({ created: 1, closed: { reset: 0 } });
  });
});

test('an ordinary SQL error keeps its connection', async () => {
  const pool = open({ max: 1 });
  await admin.query("REPLACE INTO item VALUES (1, 'taken')");
  for (const sql of [
    'SELEC 1',
    'SELECT * FROM nowhere',
    "INSERT INTO item VALUES (1, 'again')",
    'SELECT nofunction()',
  ]) {
    expect(await errorOf(pool.query(sql))).toHaveProperty('errno', expect.any(Number));
  }
  await pool.query('DELETE FROM item');
  expect(pool.metrics().counters.created).toBe(1);
});

test("changes of one connection's configuration do not reach the next connection (mysql2 #4473)", async () => {
  await admin.query(`CREATE USER IF NOT EXISTS '${name}'@'%'`);
  onTestFinished(async () => void (await admin.query(`DROP USER '${name}'@'%'`)));
  await admin.query(`GRANT ALL ON *.* TO '${name}'@'%'`);
  const pool = open({ max: 2 });
  await pool.use((c) => c.changeUser({ user: name }));
  await until(() => pool.stats().size === 0);
  expect(await pool.use((c) => valueOf(c, 'SELECT CURRENT_USER()'))).toContain(`${place.user}@`);
});
