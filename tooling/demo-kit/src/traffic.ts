// What the load generator sends: the same requests in the same order for the same connection, run after run.
import { seededRandom } from './random.ts';

const SEED = 20_260_801;
const SHARE_OF_USERS = 0.5;
const SHARE_OF_PROFILES = 0.25; // the rest, a quarter, are transfers
const LARGEST_TRANSFER_CENTS = 150_00;

export interface TrafficRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: { 'content-type': 'application/json' };
  body?: string;
}

export interface BankSize {
  readonly users: number;
  readonly accounts: number;
}

/** The requests of one connection. Every one is valid; a transfer is refused only for want of money. */
export function trafficOf(connection: number, size: BankSize, length: number): TrafficRequest[] {
  const random = seededRandom(SEED + connection);
  return Array.from({ length }, () => requestOf(random, size));
}

function requestOf(random: () => number, { users, accounts }: BankSize): TrafficRequest {
  const choice = random();
  if (choice < SHARE_OF_USERS) return { method: 'GET', path: `/users/${oneOf(users, random)}` };
  if (choice < SHARE_OF_USERS + SHARE_OF_PROFILES) {
    return { method: 'GET', path: `/users/${oneOf(users, random)}/profile` };
  }
  const from = oneOf(accounts, random);
  // Any account but the first one: as many steps further, around the end.
  const to = ((from - 1 + oneOf(accounts - 1, random)) % accounts) + 1;
  const amountCents = oneOf(LARGEST_TRANSFER_CENTS, random);
  return {
    method: 'POST',
    path: '/transfer',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from, to, amountCents }),
  };
}

/** 1 to count. */
function oneOf(count: number, random: () => number): number {
  return 1 + Math.floor(random() * count);
}
