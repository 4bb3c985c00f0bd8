/** One statement each: a connection takes no more than one at a time. */
export const SCHEMA = [
  `create table if not exists users (
    id int primary key,
    name varchar(100) not null,
    email varchar(100) not null unique
  )`,
  `create table if not exists accounts (
    id int primary key,
    user_id int not null,
    kind enum('checking', 'savings') not null,
    balance_cents int not null check (balance_cents >= 0),
    foreign key (user_id) references users (id)
  )`,
  `create table if not exists transfers (
    id bigint auto_increment primary key,
    from_id int not null,
    to_id int not null,
    amount_cents int not null check (amount_cents > 0),
    foreign key (from_id) references accounts (id),
    foreign key (to_id) references accounts (id)
  )`,
];
