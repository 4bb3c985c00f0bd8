import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { start, type Child } from './support/child.ts';
import { failure, file, MODES, poolWithTable, run, values } from './support/fixture.ts';

const HOLDER = new URL('./support/lock-holder.ts', import.meta.url);

async function lock(filename: string): Promise<Child> {
  const child = start(HOLDER, [filename]);
  await child.saying('locked');
  return child;
}

describe.each(MODES)('%s mode', (mode) => {
  it('a lock of another process is waited for, with the event loop free', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    const holder = await lock(filename);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const writes = Promise.all([
      db.run("INSERT INTO t (v) VALUES ('grouped')"),
      db.run("INSERT INTO t (v) VALUES ('with it')"),
      db.transaction((connection) => run(connection, "INSERT INTO t (v) VALUES ('transaction')")),
      db.batch([{ sql: "INSERT INTO t (v) VALUES ('batch')" }]),
    ]);
    // Readers are not concerned, and their answers come while the writers wait.
    for (let n = 0; n < 20; n++) expect(await values(db)).toEqual([]);
    holder.tell('let go');
    await writes;
    delay.disable();
    expect(await values(db)).toEqual(['grouped', 'with it', 'transaction', 'batch']);
    expect(db.metrics().sqlite.lockWaits).toBeGreaterThan(0);
    expect(db.metrics().sqlite.lockWaitMs).toBeGreaterThan(0);
    // busy_timeout would have blocked the loop for all of the wait.
    expect(delay.max / 1e6).toBeLessThan(500);
  });

  it('the deadline ends the wait with SQLITE_BUSY, and says who was waited for', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    const holder = await lock(filename);
    const options = { timeoutMs: 50 };
    const errors = [
      await failure(db.run("INSERT INTO t (v) VALUES ('a')", [], options)),
      await failure(db.transaction(() => 1, options)),
      await failure(db.query('CREATE TABLE other (v)', [], options)),
    ];
    for (const error of errors)
      expect(error).toMatchObject({ code: 'SQLITE_BUSY', message: /another process/ });
    holder.tell('let go');
    await holder.saying('released');
    await db.run("INSERT INTO t (v) VALUES ('b')");
    expect(await values(db)).toEqual(['b']);
  });

  it('an abort ends the wait at once, with its reason', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename, autoBatch: false });
    const holder = await lock(filename);
    const abort = new AbortController();
    const waiting = failure(
      db.run("INSERT INTO t (v) VALUES ('a')", [], { signal: abort.signal, timeoutMs: 60_000 }),
    );
    abort.abort(new Error('gone'));
    expect((await waiting).message).toBe('gone');
    holder.tell('let go');
    await holder.saying('released');
    await db.run("INSERT INTO t (v) VALUES ('b')");
    expect(await values(db)).toEqual(['b']);
  });

  it('a write of another process is read at once', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    const other = start(new URL('./support/writer-to-kill.ts', import.meta.url), [filename, 'other']);
    await other.saying('ack other/13/');
    const [row] = await db.query<{ n: number }>('SELECT count(*) AS n FROM acks');
    expect(row?.n).toBeGreaterThanOrEqual(14);
    await db.run("INSERT INTO t (v) VALUES ('beside it')");
    other.process.kill('SIGKILL');
    await other.ended;
  });
});

it('a script that was cut by a lock of another process is not run twice', async () => {
  const filename = file();
  const db = await poolWithTable('worker', { filename });
  const holder = await lock(filename);
  const script = db.write((connection) =>
    run(connection, "INSERT INTO t (v) VALUES ('a'); INSERT INTO t (v) VALUES ('b')"),
  );
  holder.tell('let go');
  await script;
  expect(await values(db)).toEqual(['a', 'b']);
});
