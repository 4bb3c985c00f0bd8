import type { RowDataPacket } from 'mysql2';
import { describe, expect, test } from 'vitest';
import type { MysqlConnection, Savepoint } from '../src/index.ts';
import { errorOf, fixture, valueOf } from './support/fixture.ts';

const { admin, ask, isMariaDb, open } = await fixture();
await admin.query('CREATE TABLE account (id INT PRIMARY KEY, cents INT NOT NULL)');
await admin.query('INSERT INTO account VALUES (1, 100), (2, 100)');

const add = (c: MysqlConnection, id: number, cents: number): Promise<unknown> =>
  c.query('UPDATE account SET cents = cents + ? WHERE id = ?', [cents, id]);
const cents = (id: number): Promise<unknown> => ask(`SELECT cents FROM account WHERE id = ${id}`);

test('commits what the work did, and gives its result', async () => {
  const before = Number(await cents(1));
  const result = await open().transaction(async (c) => {
    await add(c, 1, 5);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await cents(1)).toBe(before + 5);
});

test("rolls back when the work throws, and the work's error is the caller's", async () => {
  const before = await cents(1);
  const pool = open({ max: 1 });
  const mistake = new Error('no');
  const work = async (c: MysqlConnection): Promise<void> => {
    await add(c, 1, 5);
    throw mistake;
  };
  expect(await errorOf(pool.transaction(work))).toBe(mistake);
  expect(await cents(1)).toBe(before);
  expect(pool.metrics().counters).toMatchObject({ created: 1, closed: { reset: 0 } });
});

test.each(['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const)(
  'isolation %s holds for this transaction alone',
  async (isolation) => {
    const pool = open({ max: 1 });
    await admin.query('UPDATE account SET cents = 7 WHERE id = 2');
    const seesOthers = await pool.transaction(
      async (c) => {
        await c.query('SELECT * FROM account WHERE id = 1');
        if (isolation === 'serializable') return 'locks';
        await admin.query('UPDATE account SET cents = 8 WHERE id = 2');
        return (await valueOf(c, 'SELECT cents FROM account WHERE id = 2')) === 8;
      },
      { isolation },
    );
    expect(seesOthers).toBe({ 'repeatable read': false, serializable: 'locks' }[isolation as string] ?? true);
    expect(await pool.use((c) => valueOf(c, `SELECT @@${isMariaDb ? 'tx' : 'transaction'}_isolation`))).toBe(
      'REPEATABLE-READ',
    );
  },
);

test('readOnly: writes are refused, and that is no sign of a failover', async () => {
  const pool = open({ max: 1 });
  const error = await errorOf(pool.transaction((c) => add(c, 1, 1), { readOnly: true }));
  expect(error).toHaveProperty('errno', 1792);
  expect(pool.stats().generation).toBe(0);
  await expect(pool.transaction((c) => add(c, 1, 1))).resolves.toBeDefined();
});

async function failing(c: MysqlConnection, savepoint: Savepoint, amount: number): Promise<void> {
  await savepoint(async () => {
    await add(c, 1, amount);
    throw new Error('undo this');
  });
}

describe('savepoints', () => {
  test('undo what their own work did, and no more, at any depth', async () => {
    await admin.query('UPDATE account SET cents = 0');
    await open().transaction(async (c, savepoint) => {
      await add(c, 1, 1);
      await savepoint(async () => {
        await add(c, 1, 10);
        await errorOf(failing(c, savepoint, 100));
      });
      await errorOf(failing(c, savepoint, 1_000));
    });
    expect(await cents(1)).toBe(11);
  });
});

/** Two transactions that take the same two rows in opposite order: the server lets one of them fail with 1213. */
async function deadlock(
  retries: number,
): Promise<{ outcomes: PromiseSettledResult<unknown>[]; attempts: number }> {
  const pool = open({ max: 2 });
  let attempts = 0;
  let waiting: (() => void)[] = [];
  const meet = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 2) for (const go of waiting) go();
    });
  const move = (from: number, to: number): Promise<unknown> =>
    pool.transaction(
      async (c) => {
        attempts++;
        await add(c, from, -1);
        // Only the first two attempts wait for each other.
        if (attempts <= 2) await meet();
        await add(c, to, 1);
      },
      { retries },
    );
  const outcomes = await Promise.allSettled([move(1, 2), move(2, 1)]);
  waiting = [];
  return { outcomes, attempts };
}

describe('retries', () => {
  test('a deadlock (1213) is run again as a whole', async () => {
    const { outcomes, attempts } = await deadlock(3);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(attempts).toBe(3);
  });

  test('without retries, one of the two gets the error', async () => {
    const { outcomes, attempts } = await deadlock(0);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed).toMatchObject([{ reason: { errno: 1213 } }]);
    expect(attempts).toBe(2);
  });

  test("a lock's timeout (1205) is rolled back as a whole, and run again", async () => {
    await admin.query('UPDATE account SET cents = 0');
    const pool = open({ max: 1 });
    await admin.beginTransaction();
    await admin.query('UPDATE account SET cents = cents WHERE id = 2');
    let attempts = 0;
    await pool.transaction(
      async (c) => {
        if (++attempts === 2) await admin.rollback();
        await c.query('SET innodb_lock_wait_timeout = 1');
        // Not undone by the server, which takes back the statement alone.
        await add(c, 1, 1);
        await add(c, 2, 1);
      },
      { retries: 2 },
    );
    expect(attempts).toBe(2);
    expect(await cents(1)).toBe(1);
    expect(await cents(2)).toBe(1);
  });

  test('other errors are not tried again', async () => {
    let attempts = 0;
    const work = async (c: MysqlConnection): Promise<unknown> => {
      attempts++;
      return c.query('INSERT INTO account VALUES (1, 1)');
    };
    expect(await errorOf(open().transaction(work, { retries: 5 }))).toHaveProperty('errno', 1062);
    expect(attempts).toBe(1);
  });
});

describe('a transaction that ends before its work does fails instead of pretending', () => {
  test('a statement that commits by itself', async () => {
    const call = open().transaction((c) => c.query('CREATE TABLE IF NOT EXISTS implicit (id INT)'));
    expect(await errorOf(call)).toHaveProperty('code', 'POOL_TRANSACTION_ENDED');
  });

  test('a deadlock whose error the work keeps to itself', async () => {
    const pool = open({ max: 1 });
    const error = await errorOf(
      pool.transaction(async (c) => {
        await add(c, 1, 1);
        await admin.beginTransaction();
        await admin.query('UPDATE account SET cents = cents WHERE id = 2');
        // A heavier transaction is not the one that the server chooses to fail.
        await admin.query(
          'INSERT INTO account SELECT 1000 + seq, 0 FROM (SELECT @n := @n + 1 AS seq FROM information_schema.columns, (SELECT @n := 0) AS start LIMIT 50) AS many',
        );
        const theirs = admin.query('UPDATE account SET cents = cents WHERE id = 1');
        await errorOf(add(c, 2, 1));
        await theirs;
        await admin.rollback();
      }),
    );
    expect(error).toHaveProperty('code', 'POOL_TRANSACTION_ENDED');
  });
});

test.each([
  ['isolation', 'snapshot; DROP TABLE account'],
  ['isolation', 'SERIALIZABLE'],
  ['retries', -1],
  ['retries', Infinity],
  ['timeoutMs', 0],
  ['timeoutMs', -5],
  ['timeoutMs', Number.NaN],
])('a transaction refuses %s %j', async (option, value) => {
  const pool = open();
  expect(await errorOf(pool.transaction(async () => {}, { [option]: value }))).toMatchObject({
    code: 'POOL_INVALID_OPTION',
    option,
  });
  expect(pool.stats().size).toBe(0);
});

test('work on one connection: concurrent transfers keep the sum', async () => {
  await admin.query('UPDATE account SET cents = 500');
  const pool = open({ max: 4 });
  const transfer = (i: number): Promise<unknown> =>
    pool.transaction(
      async (c) => {
        const [from, to] = i % 2 === 0 ? [1, 2] : [2, 1];
        await add(c, from, -1);
        await add(c, to, 1);
      },
      { retries: 20 },
    );
  await Promise.all(Array.from({ length: 60 }, (_, i) => transfer(i)));
  const [rows] = await admin.query<RowDataPacket[]>('SELECT SUM(cents) AS sum FROM account');
  expect(Number(rows[0]!['sum'])).toBe(1_000);
});
