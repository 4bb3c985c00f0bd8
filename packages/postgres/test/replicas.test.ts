import { startFaultProxy, type FaultProxy } from '@pool/testbed/fault-proxy';
import { expect, onTestFinished, test } from 'vitest';
import { database, failure, open, until, value } from './support/fixture.ts';

const { user, password, address } = database;

/** One server, reached by several ways: each is known by its application_name, and can be cut off by itself. */
async function proxied(name: string): Promise<{ proxy: FaultProxy; connection: object }> {
  const proxy = await startFaultProxy({ to: address });
  onTestFinished(() => proxy.close());
  const login = { user, password, database: database.database, application_name: name };
  return { proxy, connection: { ...login, ...proxy.address } };
}

const WHO = "select current_setting('application_name')";

async function scene(pool: object = {}) {
  const [primary, first, second] = await Promise.all(
    ['primary', 'first', 'second'].map((name) => proxied(name)),
  );
  const opened = open({
    connection: primary!.connection,
    replicas: [first!.connection, second!.connection],
    pool,
  });
  return { ...opened, primary: primary!, first: first!, second: second! };
}

const ask = async (pool: ReturnType<typeof open>['pool'], readOnly: boolean): Promise<unknown> => {
  const { rows } = await pool.query<{ who: string }>(`${WHO} as who, pg_sleep(0.01)`, [], { readOnly });
  return rows[0]!.who;
};

test('readOnly queries, transactions and streams go to the replicas, all else to the primary', async () => {
  const { pool } = await scene();
  expect(await ask(pool, false)).toBe('primary');
  expect(await value(pool, WHO)).toBe('primary');
  expect(await pool.use((client) => value(client, WHO))).toBe('primary');
  expect(await pool.transaction((client) => value(client, WHO))).toBe('primary');
  expect(await ask(pool, true)).toMatch(/first|second/);
  expect(await pool.transaction((client) => value(client, WHO), { readOnly: true })).toMatch(/first|second/);
  for await (const row of pool.stream<{ who: string }>(`${WHO} as who`, [], { readOnly: true })) {
    expect(row.who).toMatch(/first|second/);
  }
});

test('of the replicas the least leased is taken', async () => {
  const { pool } = await scene({ max: 2 });
  await pool.ready();
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(pool, true)));
  expect(answers.filter((who) => who === 'first')).toHaveLength(2);
  expect(answers.filter((who) => who === 'second')).toHaveLength(2);
});

test('a replica that is out of reach costs no caller anything, and is taken again when it is back', async () => {
  const { pool, first, second } = await scene({ acquireTimeoutMs: 20_000 });
  await pool.ready();
  await first.proxy.refuse();
  first.proxy.reset();
  await until(() => pool.stats().replicas[0]!.connectFailure !== undefined);
  for (let n = 0; n < 5; n++) expect(await ask(pool, true)).toBe('second');
  await second.proxy.refuse();
  second.proxy.reset();
  await until(() => pool.stats().replicas[1]!.connectFailure !== undefined);
  for (let n = 0; n < 5; n++) expect(await ask(pool, true)).toBe('primary');
  await first.proxy.heal();
  await until(
    () => pool.stats().replicas[0]!.connectFailure === undefined && pool.stats().replicas[0]!.idle > 0,
  );
  expect(await ask(pool, true)).toBe('first');
});

test('callers that wait for a replica when it turns out to be down go on to the primary', async () => {
  const { pool, first, second } = await scene({ acquireTimeoutMs: 60_000 });
  await first.proxy.refuse();
  await second.proxy.refuse();
  // Nobody has found out yet.
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(pool, true)));
  expect(new Set(answers)).toEqual(new Set(['primary']));
});

test('P6: an aborted caller gets its reason, and is not sent to the primary', async () => {
  const { pool, first, second } = await scene({ max: 1, acquireTimeoutMs: 60_000 });
  for (const { proxy } of [first, second]) proxy.silence();
  const abort = new AbortController();
  const asked = failure(pool.query(WHO, [], { readOnly: true, signal: abort.signal }));
  const reason = new Error('left');
  abort.abort(reason);
  expect(await asked).toBe(reason);
  expect(pool.stats().size).toBe(0);
});

test('each replica has its own figures and events, by its own name', async () => {
  const { pool } = await scene({ name: 'orders', min: 0 });
  const names: string[] = [];
  pool.on('lease:acquired', ({ pool: name }) => names.push(name));
  await ask(pool, true);
  await ask(pool, false);
  const replicas = pool.stats().replicas.map(({ name }) => name);
  expect(replicas).toEqual(['orders:replica-1', 'orders:replica-2']);
  expect(names).toEqual([expect.stringMatching(/^orders:replica-[12]$/), 'orders']);
  const acquired = pool.metrics().replicas.map(({ counters }) => counters.acquired);
  expect(acquired.toSorted((one, other) => one - other)).toEqual([0, 1]);
});

test('P5: a caller whose time is over at a busy replica is told, and does not begin anew at the primary', async () => {
  const { pool } = await scene({ max: 1, acquireTimeoutMs: 60_000 });
  await pool.ready();
  const busy = Array.from({ length: 2 }, () =>
    failure(pool.query('select pg_sleep(60)', [], { readOnly: true, timeoutMs: 1_000 })),
  );
  await until(() => pool.stats().replicas.every(({ leased }) => leased === 1));
  const late = await failure(pool.query('select 1', [], { readOnly: true, timeoutMs: 50 }));
  expect(late).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', pool: expect.stringContaining('replica') });
  for (const error of await Promise.all(busy)) expect(error.code).toBe('POOL_QUERY_TIMEOUT');
});
