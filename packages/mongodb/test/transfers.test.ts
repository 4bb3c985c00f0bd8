import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MongoLease, MongoPool } from '../src/index.ts';
import { openPool, type TestPool } from './support/pool.ts';
import { failureOf } from './support/until.ts';

interface Account {
  _id: number;
  cents: number;
}

const ACCOUNTS = 8;
const EACH = 1_000;

let setup: TestPool;
let pool: MongoPool;
beforeAll(async () => {
  setup = await openPool({ pool: { max: 16 }, driver: { monitorCommands: true } });
  ({ pool } = setup);
});
afterAll(() => setup.end());

async function reset(): Promise<void> {
  await pool.use(async (lease) => {
    const accounts = lease.collection<Account>('accounts');
    await accounts.deleteMany({});
    await accounts.insertMany(Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, cents: EACH })));
  });
}

async function transfer(lease: MongoLease, from: number, to: number, cents: number): Promise<void> {
  const accounts = lease.collection<Account>('accounts');
  const taken = await accounts.updateOne({ _id: from, cents: { $gte: cents } }, { $inc: { cents: -cents } });
  if (taken.modifiedCount === 0) throw new Error('not enough');
  await accounts.updateOne({ _id: to }, { $inc: { cents } });
}

async function balances(): Promise<number[]> {
  const accounts = await pool.use((lease) =>
    lease.collection<Account>('accounts').find().sort({ _id: 1 }).toArray(),
  );
  return accounts.map(({ cents }) => cents);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe('transactions', () => {
  test('F: 16 transfers at once on 8 accounts: write conflicts are retried, each is done once, and the total stays', async () => {
    await reset();
    let attempts = 0;
    const transfers = Array.from({ length: 16 }, (_, n) =>
      pool.transaction((lease) => {
        attempts++;
        return transfer(lease, n % ACCOUNTS, (n * 3 + 1) % ACCOUNTS, n + 1);
      }),
    );
    await Promise.all(transfers);
    const expected = Array<number>(ACCOUNTS).fill(EACH);
    for (let n = 0; n < 16; n++) {
      expected[n % ACCOUNTS]! -= n + 1;
      expected[(n * 3 + 1) % ACCOUNTS]! += n + 1;
    }

    expect(await balances()).toEqual(expected);
    expect(sum(await balances())).toBe(ACCOUNTS * EACH);
    // Otherwise nothing has been shown.
    expect(attempts).toBeGreaterThan(16);
    expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0 });
  });

  test('§6: what the work throws aborts it all, and reaches the caller as it is', async () => {
    await reset();
    const thrown = new Error('changed my mind');
    const failed = pool.transaction(async (lease) => {
      await transfer(lease, 0, 1, 100);
      throw thrown;
    });

    expect(await failureOf(failed)).toBe(thrown);
    expect(await balances()).toEqual(Array(ACCOUNTS).fill(EACH));
  });

  test('§6: the driver’s options reach the server', async () => {
    const commands: CommandStartedEvent[] = [];
    pool.client.on('commandStarted', (event) => void commands.push(event));
    const options = {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority' },
      readPreference: 'primary',
      maxCommitTimeMS: 7_000,
    } as const;
    await pool.transaction((lease) => lease.collection<Account>('accounts').findOne(), options);
    pool.client.removeAllListeners('commandStarted');

    const [find, commit] = commands.map(({ command }) => command);
    expect(find).toMatchObject({ startTransaction: true, readConcern: { level: 'snapshot' } });
    expect(commit).toMatchObject({ commitTransaction: 1, writeConcern: { w: 'majority' }, maxTimeMS: 7_000 });
  });

  test('§6: work that does nothing commits, and may answer without a promise', async () => {
    expect(await pool.transaction(() => 'done')).toBe('done');
  });

  test('a lease can have several, one after the other, and the work’s lease is the lease', async () => {
    await reset();
    await pool.use(async (lease) => {
      for (let n = 0; n < 3; n++)
        await lease.withTransaction((same) => {
          expect(same).toBe(lease);
          return transfer(same, 0, 1, 10);
        });
      expect(lease.session.inTransaction()).toBe(false);
    });

    expect((await balances()).slice(0, 2)).toEqual([EACH - 30, EACH + 30]);
  });

  test('what others see of it before it is committed is nothing', async () => {
    await reset();
    await pool.transaction(async (lease) => {
      await transfer(lease, 0, 1, 100);
      expect(await balances()).toEqual(Array(ACCOUNTS).fill(EACH));
    });

    expect((await balances()).slice(0, 2)).toEqual([EACH - 100, EACH + 100]);
  });
});
