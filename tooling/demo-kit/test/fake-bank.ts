import {
  LATEST_TRANSFERS,
  OverdraftError,
  UnknownAccountError,
  type Account,
  type Bank,
  type Profile,
  type Transfer,
  type TransferOrder,
  type User,
} from '../src/bank.ts';
import { openingOf, type Opening } from '../src/opening.ts';
import { type Pools } from '../src/pool-figures.ts';
import { metricsOf } from './fake-metrics.ts';

/** A bank in memory, with a pool that only counts. */
export class FakeBank implements Bank {
  isClosed = false;
  metrics: Pools = { pool: metricsOf() };
  readonly #users = new Map<number, User>();
  readonly #accounts = new Map<number, Account>();
  readonly #transfers: Transfer[] = [];

  async seed({ users, accounts }: Opening): Promise<void> {
    for (const user of users) this.#users.set(user.id, user);
    for (const account of accounts) this.#accounts.set(account.id, account);
  }

  async user(id: number): Promise<User | undefined> {
    return this.#users.get(id);
  }

  async profile(id: number): Promise<Profile | undefined> {
    const user = this.#users.get(id);
    if (user === undefined) return undefined;
    const accounts = [...this.#accounts.values()].filter(({ userId }) => userId === id);
    const own = new Set(accounts.map((account) => account.id));
    const transfers = this.#transfers.filter(({ from, to }) => own.has(from) || own.has(to));
    return { user, accounts, transfers: transfers.toReversed().slice(0, LATEST_TRANSFERS) };
  }

  async transfer({ from, to, amountCents }: TransferOrder): Promise<Transfer> {
    if (this.#balanceOf(from) < amountCents) throw new OverdraftError(from);
    this.#balanceOf(to);
    this.add(from, -amountCents);
    this.add(to, amountCents);
    const transfer = { id: `${this.#transfers.length + 1}`, from, to, amountCents };
    this.#transfers.push(transfer);
    return transfer;
  }

  async totalMoney(): Promise<number> {
    return [...this.#accounts.values()].reduce((total, { balanceCents }) => total + balanceCents, 0);
  }

  async ping(_signal: AbortSignal): Promise<void> {}

  pools(): Pools {
    return this.metrics;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  protected add(id: number, cents: number): void {
    const account = this.#accounts.get(id);
    if (account !== undefined)
      this.#accounts.set(id, { ...account, balanceCents: account.balanceCents + cents });
  }

  #balanceOf(id: number): number {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new UnknownAccountError(id);
    return account.balanceCents;
  }
}

/** Users 1 to 3 with accounts 1 to 6, each with 500.00. */
export async function seededBank(bank: FakeBank = new FakeBank()): Promise<FakeBank> {
  await bank.seed(openingOf(3));
  return bank;
}
