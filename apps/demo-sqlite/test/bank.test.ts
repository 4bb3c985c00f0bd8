import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OverdraftError, UnknownAccountError } from '@pool/demo-kit';
import { createSqlitePool } from '@pool/sqlite';
import { bankFile, type BankFile } from '../src/bank-file.ts';
import { SqliteBank } from '../src/bank.ts';

const opening = {
  users: [
    { id: 1, name: 'Ada', email: 'ada@bank.example' },
    { id: 2, name: 'Alan', email: 'alan@bank.example' },
  ],
  accounts: [
    { id: 1, userId: 1, kind: 'checking', balanceCents: 100 },
    { id: 2, userId: 1, kind: 'savings', balanceCents: 0 },
    { id: 3, userId: 2, kind: 'checking', balanceCents: 50 },
  ],
} as const;

describe('the bank on SQLite', { timeout: 30_000 }, () => {
  let file: BankFile;
  let bank: SqliteBank;

  beforeEach(async () => {
    file = bankFile(undefined);
    bank = new SqliteBank(createSqlitePool({ connection: { filename: file.filename } }), file.discard);
    await bank.seed(opening);
  });

  afterEach(() => bank.close());

  const balances = async () =>
    [...((await bank.profile(1))?.accounts ?? []), ...((await bank.profile(2))?.accounts ?? [])].map(
      ({ balanceCents }) => balanceCents,
    );

  it('is seeded once', async () => {
    await bank.transfer({ from: 1, to: 2, amountCents: 30 });
    await bank.seed(opening);
    expect(await balances()).toEqual([70, 30, 50]);
  });

  it('knows its users, and no others', async () => {
    expect(await bank.user(2)).toEqual({ id: 2, name: 'Alan', email: 'alan@bank.example' });
    expect(await bank.user(3)).toBeUndefined();
    expect(await bank.profile(3)).toBeUndefined();
  });

  it('shows the latest five transfers of a user, in and out, the latest first', async () => {
    for (let cents = 1; cents <= 4; cents++) await bank.transfer({ from: 1, to: 2, amountCents: cents });
    await bank.transfer({ from: 3, to: 1, amountCents: 5 });
    await bank.transfer({ from: 2, to: 3, amountCents: 6 });
    const profile = await bank.profile(1);
    expect(profile?.transfers.map(({ amountCents }) => amountCents)).toEqual([6, 5, 4, 3, 2]);
    expect(profile?.transfers[0]).toEqual({ id: '6', from: 2, to: 3, amountCents: 6 });
    expect((await bank.profile(2))?.transfers.map(({ id }) => id)).toEqual(['6', '5']);
  });

  it('moves the last cent, and not one more', async () => {
    await bank.transfer({ from: 1, to: 3, amountCents: 100 });
    await expect(bank.transfer({ from: 1, to: 3, amountCents: 1 })).rejects.toThrow(OverdraftError);
    expect(await balances()).toEqual([0, 0, 150]);
  });

  it('gives the money back when the receiver does not exist', async () => {
    await expect(bank.transfer({ from: 1, to: 9, amountCents: 10 })).rejects.toThrow(UnknownAccountError);
    expect(await balances()).toEqual([100, 0, 50]);
    expect((await bank.profile(1))?.transfers).toEqual([]);
  });

  it('does not take from an account that does not exist', async () => {
    await expect(bank.transfer({ from: 9, to: 1, amountCents: 10 })).rejects.toThrow('there is no account 9');
  });

  it('keeps the sum when many transfers run at once', async () => {
    const orders = Array.from({ length: 100 }, (_, i) => ({
      from: 1 + (i % 3),
      to: 1 + ((i + 1) % 3),
      amountCents: 1 + i,
    }));
    const results = await Promise.allSettled(orders.map((order) => bank.transfer(order)));
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    expect(reasons.filter((reason) => !(reason instanceof OverdraftError))).toEqual([]);
    expect(await bank.totalMoney()).toBe(150);
  });

  it('shows its reader and its writer, and leaves no file', async () => {
    await bank.ping(AbortSignal.timeout(10_000));
    expect(bank.pools()).toMatchObject({
      reader: { gauges: { leased: 0 } },
      writer: { gauges: { max: 1, leased: 0 } },
    });
    await bank.close();
    expect(existsSync(dirname(file.filename))).toBe(false);
  });
});
