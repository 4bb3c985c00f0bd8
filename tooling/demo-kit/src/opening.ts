// The bank on its first day. Ids count from 1 without gaps: whoever drives the service knows them without asking.
import { type Account, type User } from './bank.ts';

const OPENING_BALANCE_CENTS = 500_00;

const FIRST_NAMES = [
  'Ada',
  'Alan',
  'Barbara',
  'Donald',
  'Edsger',
  'Frances',
  'Grace',
  'Ken',
  'Leslie',
  'Margaret',
];
const LAST_NAMES = [
  'Allen',
  'Dijkstra',
  'Hamilton',
  'Hopper',
  'Knuth',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Thompson',
  'Turing',
];

export interface Opening {
  readonly users: readonly User[];
  readonly accounts: readonly Account[];
}

/** The same users, each with two accounts, every time. */
export function openingOf(users: number): Opening {
  const ids = Array.from({ length: users }, (_, index) => index + 1);
  return { users: ids.map(userOf), accounts: ids.flatMap(accountsOf) };
}

function userOf(id: number): User {
  const first = FIRST_NAMES[id % FIRST_NAMES.length];
  const last = LAST_NAMES[Math.floor(id / FIRST_NAMES.length) % LAST_NAMES.length];
  return { id, name: `${first} ${last}`, email: `user${id}@bank.example` };
}

function accountsOf(userId: number): Account[] {
  return [
    { id: userId * 2 - 1, userId, kind: 'checking', balanceCents: OPENING_BALANCE_CENTS },
    { id: userId * 2, userId, kind: 'savings', balanceCents: OPENING_BALANCE_CENTS },
  ];
}
