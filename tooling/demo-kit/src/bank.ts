// What the demo of one database implements. Everything else of the story is the same for all of them.
import { type PoolMetrics } from '@pool/core';
import { type Opening } from './opening.ts';

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

export interface Account {
  readonly id: number;
  readonly userId: number;
  readonly kind: 'checking' | 'savings';
  /** Money is whole cents everywhere. */
  readonly balanceCents: number;
}

export interface TransferOrder {
  readonly from: number;
  readonly to: number;
  /** Above 0. */
  readonly amountCents: number;
}

export interface Transfer extends TransferOrder {
  readonly id: string;
}

export interface Profile {
  readonly user: User;
  readonly accounts: readonly Account[];
  /** The latest first, at most `LATEST_TRANSFERS`. */
  readonly transfers: readonly Transfer[];
}

export const LATEST_TRANSFERS = 5;

/** A small bank on one database. */
export interface Bank {
  /** Makes the tables and fills them with the opening, unless users are there already. */
  seed(opening: Opening): Promise<void>;
  user(id: number): Promise<User | undefined>;
  /** Several queries on one connection. */
  profile(id: number): Promise<Profile | undefined>;
  /**
   * Moves the money and writes it down, in one transaction.
   *
   * @throws {UnknownAccountError} one of the accounts does not exist
   * @throws {OverdraftError} the account holds less than the amount
   */
  transfer(order: TransferOrder): Promise<Transfer>;
  /** The sum of all balances, in cents. */
  totalMoney(): Promise<number>;
  /** One round trip to the database; rejects when it cannot be had, and when `signal` aborts. */
  ping(signal: AbortSignal): Promise<void>;
  /** The pools it lends from, by what each is for. */
  pools(): Readonly<Record<string, PoolMetrics>>;
  /** Closes the pools, and whatever else it opened. */
  close(): Promise<void>;
}

export class UnknownAccountError extends Error {
  override readonly name = 'UnknownAccountError';

  constructor(id: number) {
    super(`there is no account ${id}`);
  }
}

export class OverdraftError extends Error {
  override readonly name = 'OverdraftError';

  constructor(id: number) {
    super(`account ${id} holds less than that`);
  }
}
