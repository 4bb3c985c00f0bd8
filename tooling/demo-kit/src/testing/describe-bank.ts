import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LATEST_TRANSFERS, OverdraftError, UnknownAccountError, type Bank } from '../bank.ts';
import { type Opening } from '../opening.ts';

const OPENING: Opening = {
  users: [
    { id: 1, name: 'Ada', email: 'ada@bank.example' },
    { id: 2, name: 'Alan', email: 'alan@bank.example' },
  ],
  accounts: [
    { id: 1, userId: 1, kind: 'checking', balanceCents: 100 },
    { id: 2, userId: 1, kind: 'savings', balanceCents: 0 },
    { id: 3, userId: 2, kind: 'checking', balanceCents: 50 },
  ],
};

/** What every bank does, whatever its database. @param open an empty one, which is closed after each test */
export function describeBank(database: string, open: () => Bank | Promise<Bank>): void {
  describe(`the bank on ${database}`, { timeout: 60_000 }, () => {
    let bank: Bank;

    beforeEach(async () => {
      bank = await open();
      await bank.seed(OPENING);
    });

    afterEach(() => bank.close());

    describeReading(() => bank);
    describeTransfers(() => bank);
  });
}

async function balancesOf(bank: Bank): Promise<number[]> {
  const profiles = [await bank.profile(1), await bank.profile(2)];
  return profiles.flatMap((profile) => profile?.accounts ?? []).map(({ balanceCents }) => balanceCents);
}

function describeReading(bank: () => Bank): void {
  it('is seeded once', async () => {
    await bank().transfer({ from: 1, to: 2, amountCents: 30 });
    await bank().seed(OPENING);
    expect(await balancesOf(bank())).toEqual([70, 30, 50]);
  });

  it('knows its users, and no others', async () => {
    expect(await bank().user(2)).toEqual({ id: 2, name: 'Alan', email: 'alan@bank.example' });
    expect(await bank().user(3)).toBeUndefined();
    expect(await bank().profile(3)).toBeUndefined();
  });

  it('shows the accounts of a user', async () => {
    const accounts = OPENING.accounts.filter(({ userId }) => userId === 1);
    expect((await bank().profile(1))?.accounts).toEqual(accounts);
  });

  it('shows the latest five transfers of a user, in and out, the latest first', async () => {
    for (let cents = 1; cents <= 4; cents++) await bank().transfer({ from: 1, to: 2, amountCents: cents });
    await bank().transfer({ from: 3, to: 1, amountCents: 5 });
    const last = await bank().transfer({ from: 2, to: 3, amountCents: 6 });
    const profile = await bank().profile(1);
    expect(profile?.transfers.map(({ amountCents }) => amountCents)).toEqual([6, 5, 4, 3, 2]);
    expect(profile?.transfers).toHaveLength(LATEST_TRANSFERS);
    expect(last).toEqual({ id: expect.any(String) as string, from: 2, to: 3, amountCents: 6 });
    expect(profile?.transfers[0]).toEqual(last);
    expect((await bank().profile(2))?.transfers.map(({ amountCents }) => amountCents)).toEqual([6, 5]);
  });

  it('answers a ping, and lends nothing afterwards', async () => {
    await bank().ping(AbortSignal.timeout(30_000));
    const leased = Object.values(bank().pools()).map(({ gauges }) => gauges.leased);
    expect(Math.max(...leased)).toBe(0);
  });
}

function describeTransfers(bank: () => Bank): void {
  it('moves the last cent, and not one more', async () => {
    await bank().transfer({ from: 1, to: 3, amountCents: 100 });
    await expect(bank().transfer({ from: 1, to: 3, amountCents: 1 })).rejects.toThrow(OverdraftError);
    expect(await balancesOf(bank())).toEqual([0, 0, 150]);
  });

  it('gives the money back when the receiver does not exist', async () => {
    const order = { from: 1, to: 9, amountCents: 10 };
    await expect(bank().transfer(order)).rejects.toThrow(UnknownAccountError);
    expect(await balancesOf(bank())).toEqual([100, 0, 50]);
    expect((await bank().profile(1))?.transfers).toEqual([]);
  });

  it('does not take from an account that does not exist', async () => {
    const order = { from: 9, to: 1, amountCents: 10 };
    await expect(bank().transfer(order)).rejects.toThrow('there is no account 9');
  });

  it('keeps the sum when many transfers run at once', async () => {
    const orders = Array.from({ length: 100 }, (_, i) => ({
      from: 1 + (i % 3),
      to: 1 + ((i + 1) % 3),
      amountCents: 1 + i,
    }));
    const results = await Promise.allSettled(orders.map((order) => bank().transfer(order)));
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    expect(reasons.filter((reason) => !(reason instanceof OverdraftError))).toEqual([]);
    expect(await bank().totalMoney()).toBe(150);
  });
}
