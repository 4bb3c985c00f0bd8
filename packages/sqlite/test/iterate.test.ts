import { describe, expect, it } from 'vitest';
import { failure, MODES, pool, poolWithTable } from './support/fixture.ts';

const NUMBERS =
  'WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n';
const ENDLESS = 'WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';

describe.each(MODES)('%s mode', (mode) => {
  it('iterate gives every row, in order, across chunks', async () => {
    const db = pool(mode);
    let count = 0;
    for await (const row of db.iterate<{ i: number }>(NUMBERS, [1234])) expect(row.i).toBe(++count);
    expect(count).toBe(1234);
  });

  it('iterate holds its reader until the loop ends, and no longer', async () => {
    const db = pool(mode, { readers: 1 });
    for await (const row of db.iterate(ENDLESS)) {
      expect(db.stats().reader.leased).toBe(1);
      if (row['i'] === 1500) break;
    }
    expect(db.stats().reader.leased).toBe(0);
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(db.metrics().reader.counters.created).toBe(1);
  });

  it('an endless statement is fetched only as far as it is read', async () => {
    const db = pool(mode);
    const rows = db.iterate<{ i: number }>(ENDLESS);
    // Were it not for back-pressure, this would never come to an end.
    expect((await rows.next()).value).toEqual({ i: 1 });
    await rows.return();
    expect(db.stats().reader.leased).toBe(0);
  });

  it('a throw within the loop gives the reader back', async () => {
    const db = pool(mode);
    const loop = async (): Promise<void> => {
      for await (const row of db.iterate(ENDLESS)) throw new Error(`at ${JSON.stringify(row)}`);
    };
    expect((await failure(loop())).message).toBe('at {"i":1}');
    expect(db.stats().reader.leased).toBe(0);
  });

  it('an abort ends the iteration at the next chunk, with the reason', async () => {
    const db = pool(mode);
    const abort = new AbortController();
    const reason = new Error('enough');
    const loop = async (): Promise<void> => {
      for await (const row of db.iterate(ENDLESS, [], { signal: abort.signal }))
        if (row['i'] === 700) abort.abort(reason);
    };
    expect(await failure(loop())).toBe(reason);
    expect(db.stats().reader.leased).toBe(0);
  });

  it('nothing is borrowed before the first row is asked for', async () => {
    const db = pool(mode);
    db.iterate(ENDLESS);
    expect(db.metrics().reader.counters.attempts).toBe(0);
  });

  it('iterate over a write with RETURNING takes the writer', async () => {
    const db = await poolWithTable(mode);
    const seen: unknown[] = [];
    for await (const row of db.iterate("INSERT INTO t (v) VALUES ('a'), ('b') RETURNING v")) seen.push(row);
    expect(seen).toEqual([{ v: 'a' }, { v: 'b' }]);
    await db.run("INSERT INTO t (v) VALUES ('c')");
  });

  it('an error in the middle of the rows is the loop’s error', async () => {
    const db = await poolWithTable(mode);
    const sql = `SELECT json(CASE i WHEN 600 THEN 'no json' ELSE 1 END) FROM (${NUMBERS})`;
    const loop = async (): Promise<void> => {
      for await (const _ of db.iterate(sql, [1000]));
    };
    expect(await failure(loop())).toMatchObject({ code: 'SQLITE_ERROR' });
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
