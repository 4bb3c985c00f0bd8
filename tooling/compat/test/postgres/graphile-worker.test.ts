import { Logger, makeWorkerUtils, run, runOnce } from 'graphile-worker';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Fixture, openFixture, PID } from './support/pool.ts';

const ignore = (): void => undefined;
const logger = new Logger(() => ignore);

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
  // It wants to see both handlers, of whatever pool it is given.
  fixture.pool.on('error', ignore);
  fixture.pool.on('connect', (client) => void client.on('error', ignore));
  const utils = await makeWorkerUtils({ pgPool: fixture.pool, logger });
  await utils.migrate();
  await utils.release();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const addJob = (task: string, payload: object): Promise<unknown> =>
  fixture.pool.query('select graphile_worker.add_job($1, $2::json)', [task, JSON.stringify(payload)]);

it('Graphile Worker carries out jobs, and a task has a connection for its transaction', async () => {
  const pids: unknown[] = [];
  await addJob('transfer', { name: 'ada' });
  await runOnce({
    pgPool: fixture.pool,
    logger,
    taskList: {
      transfer: (payload, { withPgClient }) =>
        withPgClient(async (client) => {
          await client.query('begin');
          pids.push((await client.query<{ pid: number }>(PID)).rows[0]?.pid);
          await client.query('insert into account (name) values ($1)', [(payload as { name: string }).name]);
          pids.push((await client.query<{ pid: number }>(PID)).rows[0]?.pid);
          await client.query('commit');
        }),
    },
  });
  expect((await fixture.pool.query('select name from account')).rows).toEqual([{ name: 'ada' }]);
  expect(new Set(pids).size).toBe(1);
  expect(pids).toHaveLength(2);
});

it('Graphile Worker hears of new jobs by LISTEN on a client that it keeps, and lets go of everything', async () => {
  const { promise: isDone, resolve } = Promise.withResolvers<unknown>();
  const runner = await run({
    pgPool: fixture.pool,
    logger,
    concurrency: 1,
    noHandleSignals: true,
    // Far beyond this test: it is the notification that brings the job.
    pollInterval: 600_000,
    taskList: { greet: async (payload) => resolve(payload) },
  });
  let isStopped = false;
  onTestFinished(async () => {
    if (!isStopped) await runner.stop();
  });
  const isListening = async (): Promise<unknown> =>
    (
      await fixture.pool.query(
        `select count(*)::int as count from pg_stat_activity where query like 'LISTEN%'`,
      )
    ).rows;
  await expect.poll(isListening).toEqual([{ count: 1 }]);
  await addJob('greet', { hello: 'world' });
  expect(await isDone).toEqual({ hello: 'world' });
  await runner.stop();
  isStopped = true;
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
  expect(fixture.pool.core.stats().phase).toBe('open');
});
