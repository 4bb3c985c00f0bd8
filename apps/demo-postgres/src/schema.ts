export const SCHEMA = `
  create table if not exists users (
    id integer primary key,
    name text not null,
    email text not null unique
  );

  create table if not exists accounts (
    id integer primary key,
    user_id integer not null references users (id),
    kind text not null check (kind in ('checking', 'savings')),
    balance_cents integer not null check (balance_cents >= 0)
  );
  create index if not exists accounts_of_user on accounts (user_id);

  create table if not exists transfers (
    id bigint generated always as identity primary key,
    from_id integer not null references accounts (id),
    to_id integer not null references accounts (id),
    amount_cents integer not null check (amount_cents > 0)
  );
  create index if not exists transfers_from on transfers (from_id);
  create index if not exists transfers_to on transfers (to_id);
`;
