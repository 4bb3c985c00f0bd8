import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { OptionError, PoolClosedError } from '../src/index.ts';
import { admin, database, failure, open, until, value } from './support/fixture.ts';

const notify = (channel: string, payload: string): Promise<unknown> =>
  admin.query('select pg_notify($1, $2)', [channel, payload]);
const LISTENERS = `select count(*)::int from pg_stat_activity where application_name = 'listening' and datname = current_database()`;

const connection = { connectionString: database.url, application_name: 'listening' };

test('listen() hears its channels, on one connection beside the max of the pool', async () => {
  const { pool } = open({ connection, pool: { max: 1 } });
  const heard: string[] = [];
  await using first = await pool.listen('news', ({ payload }) => heard.push(`1 ${payload}`));
  await using second = await pool.listen('news', ({ payload }) => heard.push(`2 ${payload}`));
  await using odd = await pool.listen('O"dd; Channel', ({ payload }) => heard.push(`odd ${payload}`));
  await using lease = await pool.acquire();
  await notify('news', 'a');
  await notify('O"dd; Channel', 'b');
  await notify('elsewhere', 'c');
  await until(() => heard.length >= 3);
  expect(heard).toEqual(['1 a', '2 a', 'odd b']);
  expect(await value(admin, LISTENERS)).toBe(2);
  expect([first.channel, second.channel, odd.channel, lease.isEnded]).toEqual([
    'news',
    'news',
    'O"dd; Channel',
    false,
  ]);
});

test('a closed subscription hears nothing more, and the last one takes the connection with it', async () => {
  const { pool } = open({ connection });
  const heard: string[] = [];
  const first = await pool.listen('one', ({ payload }) => heard.push(`one ${payload}`));
  const second = await pool.listen('two', ({ payload }) => heard.push(`two ${payload}`));
  await first.close();
  await first.close();
  await notify('one', 'x');
  await notify('two', 'y');
  await until(() => heard.length > 0);
  expect(heard).toEqual(['two y']);
  await second.close();
  await until(async () => (await value(admin, LISTENERS)) === 0);
});

test('F1: when its connection is killed, it listens again to everything, and tells each subscription of the gap', async () => {
  const { pool } = open({ connection });
  const heard: string[] = [];
  const gaps: string[] = [];
  await using first = await pool.listen('one', ({ payload }) => heard.push(payload!), {
    onGap: () => gaps.push('one'),
  });
  await using second = await pool.listen('two', ({ payload }) => heard.push(payload!), {
    onGap: () => gaps.push('two'),
  });
  const closed: string[] = [];
  pool.on('connection:closed', ({ reason, pool: name }) => closed.push(`${name} ${reason}`));
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listening' and datname = current_database()",
  );
  await until(() => gaps.length === 2);
  await notify('one', 'a');
  await notify('two', 'b');
  await until(() => heard.length === 2);
  expect([gaps, heard]).toEqual([
    ['one', 'two'],
    ['a', 'b'],
  ]);
  expect(closed).toEqual(['postgres:listener lost']);
  void [first, second];
});

test('P21: what a listener throws is an error event, and the next one is called all the same', async () => {
  const { pool, errors } = open({ connection });
  const heard: string[] = [];
  const error = new Error('mine');
  await using bad = await pool.listen('news', () => {
    throw error;
  });
  await using good = await pool.listen('news', ({ payload }) => heard.push(payload!));
  await notify('news', 'a');
  await until(() => heard.length === 1);
  expect(errors).toMatchObject([{ error, pool: 'postgres:listener' }]);
  void [bad, good];
});

test('whoever leaves before he listens does not take the connection from another who begins', async () => {
  const { pool } = open({ connection });
  const abort = new AbortController();
  const left = failure(pool.listen('one', () => undefined, { signal: abort.signal }));
  const heard: string[] = [];
  const listening = pool.listen('two', ({ payload }) => heard.push(payload!));
  abort.abort('left');
  expect(await left).toBe('left');
  await using subscription = await listening;
  await notify('two', 'x');
  await until(() => heard.length > 0);
  expect(subscription.channel).toBe('two');
});

test('a name that is no channel is refused', async () => {
  const { pool } = open();
  for (const channel of ['', 'x'.repeat(64), 'a\0b', undefined as never]) {
    expect(await failure(pool.listen(channel, () => undefined))).toBeInstanceOf(OptionError);
  }
  expect(pool.stats()).toMatchObject({ size: 0 });
});

test('P19: close() ends all subscriptions, and none is made after it', async () => {
  const { pool } = open({ connection });
  await pool.listen('news', () => undefined);
  await pool.close();
  expect(await value(admin, LISTENERS)).toBe(0);
  expect(await failure(pool.listen('news', () => undefined))).toBeInstanceOf(PoolClosedError);
});

test('a refused subscription leaves no connection behind', async () => {
  const { pool } = open({ connection: { ...connection, password: 'wrong' } });
  await failure(pool.listen('news', () => undefined));
  await pool.close();
  expect(await value(admin, LISTENERS)).toBe(0);
});

/** A program of its own, with a pool. */
async function run(body: string): Promise<{ code: number | null; output: string }> {
  const source = `import { createPostgresPool } from '@pool/postgres';
    const pool = createPostgresPool({ connection: process.env.URL });
    ${body}`;
  const child = spawn(process.execPath, ['--conditions=@pool/source', '--input-type=module', '-e', source], {
    env: { ...process.env, URL: database.url },
    cwd: import.meta.dirname,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output };
}

test('P20: an idle pool lets the process end; a query under way and a subscription do not', async () => {
  expect(await run('await pool.query("select 1"); console.log("done");')).toEqual({
    code: 0,
    output: 'done\n',
  });
  expect(await run('pool.query("select pg_sleep(0.2)").then(() => console.log("slept"));')).toEqual({
    code: 0,
    output: 'slept\n',
  });
  const heard = `const s = await pool.listen('ping', async ({ payload }) => { console.log(payload); await s.close(); });
    await pool.query("select pg_notify('ping', 'heard')");`;
  expect(await run(heard)).toEqual({ code: 0, output: 'heard\n' });
});
