import { expect, test } from 'vitest';
import { OptionError, QueryTimeoutError } from '../src/index.ts';
import { admin, failure, open, until, value } from './support/fixture.ts';

const NUMBERS = 'select generate_series(1, $1::int) as n';

test('stream() yields all rows in order, and cursor() in batches', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const seen: number[] = [];
  for await (const { n } of pool.stream<{ n: number }>(NUMBERS, [250])) seen.push(n);
  expect(seen).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  const sizes: number[] = [];
  for await (const rows of pool.cursor(NUMBERS, [25], { batchSize: 10 })) sizes.push(rows.length);
  expect(sizes).toEqual([10, 10, 5]);
  const arrays: unknown[] = [];
  for await (const row of pool.stream(NUMBERS, [2], { rowMode: 'array' })) arrays.push(row);
  expect(arrays).toEqual([[1], [2]]);
});

test('a stream holds its connection until the loop ends, and not longer', async () => {
  const { pool } = open({ pool: { max: 1 } });
  for await (const row of pool.stream(NUMBERS, [1_000])) {
    void row;
    expect(pool.stats()).toMatchObject({ leased: 1 });
  }
  expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
});

const mine = new Error('mine');
const LEAVES: Record<string, (loop: AsyncIterable<unknown>) => Promise<unknown>> = {
  break: async (loop) => {
    for await (const row of loop) return row;
    return undefined;
  },
  'an error in the loop': async (loop) => {
    const work = async (): Promise<void> => {
      for await (const row of loop) throw Object.assign(mine, { row });
    };
    expect(await failure(work())).toBe(mine);
  },
};

for (const [how, leave] of Object.entries(LEAVES)) {
  test(`${how} closes the portal, and the connection is lent again`, async () => {
    const { pool, errors } = open({ pool: { max: 1 } });
    const pid = await value(pool, 'select pg_backend_pid()');
    await leave(pool.stream(NUMBERS, [1_000_000], { batchSize: 10 }));
    expect(await value(pool, 'select count(*)::int from pg_cursors')).toBe(0);
    expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
    expect(errors).toEqual([]);
  });
}

test('an SQL error of a stream is thrown in the loop, at its beginning and in its middle', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const count = async (text: string): Promise<void> => {
    for await (const row of pool.stream(text, [], { batchSize: 10 })) void row;
  };
  expect((await failure(count('select nonsense'))).code).toBe('42703');
  expect((await failure(count('select 1 / (500 - n) from generate_series(1, 1000) n'))).code).toBe('22012');
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(errors).toEqual([]);
});

test('an abort in the middle of a batch cancels it on the server', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const abort = new AbortController();
  const loop = async (): Promise<void> => {
    for await (const row of pool.stream(
      'select n, pg_sleep(n / 5) from generate_series(1, 100) n -- streamed',
      [],
      {
        batchSize: 1,
        signal: abort.signal,
      },
    ))
      void row;
  };
  const ended = failure(loop());
  await until(
    async () =>
      Number(
        await value(
          admin,
          "select count(*) from pg_stat_activity where query like '%streamed' and state = 'active' and pid <> pg_backend_pid()",
        ),
      ) === 1,
  );
  const reason = new Error('enough');
  abort.abort(reason);
  expect(await ended).toBe(reason);
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
});

test('a stream out of time ends with a typed error', async () => {
  const { pool } = open({ pool: { max: 1 } });
  await pool.ready();
  const loop = async (): Promise<void> => {
    for await (const row of pool.stream('select pg_sleep(60)', [], { timeoutMs: 50 })) void row;
  };
  expect(await failure(loop())).toBeInstanceOf(QueryTimeoutError);
  expect(await value(pool, 'select 1')).toBe(1);
});

test('a stream whose loop never began holds nothing', async () => {
  const { pool } = open();
  pool.stream(NUMBERS, [1]);
  expect(pool.stats()).toMatchObject({ size: 0 });
});

test('a batch size that fetches nothing, or all at once, is refused', async () => {
  const { pool } = open();
  for (const batchSize of [0, -1, 1.5, Infinity]) {
    expect(await failure(pool.cursor(NUMBERS, [1], { batchSize }).next())).toBeInstanceOf(OptionError);
  }
  expect(pool.stats().size).toBe(0);
});

test('an abort between two batches ends the loop at the next one, and the connection is lent again', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const abort = new AbortController();
  const seen: unknown[] = [];
  const loop = async (): Promise<void> => {
    for await (const rows of pool.cursor(NUMBERS, [1_000_000], { signal: abort.signal, batchSize: 3 })) {
      seen.push(rows.length);
      abort.abort('enough');
    }
  };
  expect(await failure(loop())).toBe('enough');
  expect(seen).toEqual([3]);
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(errors).toEqual([]);
});
