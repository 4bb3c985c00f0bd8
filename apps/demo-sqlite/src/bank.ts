import {
  LATEST_TRANSFERS,
  OverdraftError,
  UnknownAccountError,
  type Account,
  type Bank,
  type Opening,
  type Pools,
  type Profile,
  type Transfer,
  type TransferOrder,
  type User,
} from '@pool/demo-kit';
import { type SqliteConnection, type SqlitePool } from '@pool/sqlite';
import { SCHEMA } from './schema.ts';

const USER = 'select id, name, email from users where id = ?';
const ACCOUNTS =
  'select id, user_id as userId, kind, balance_cents as balanceCents from accounts where user_id = ? order by id';
const TRANSFERS = `
  select cast(id as text) as id, from_id as "from", to_id as "to", amount_cents as amountCents from transfers
  where from_id in (select id from accounts where user_id = $user) or to_id in (select id from accounts where user_id = $user)
  order by transfers.id desc limit ${LATEST_TRANSFERS}`;
// Pays only what is there: check and change are one statement.
const PAY =
  'update accounts set balance_cents = balance_cents - $amount where id = $id and balance_cents >= $amount';
const RECEIVE = 'update accounts set balance_cents = balance_cents + $amount where id = $id';
const RECORD = 'insert into transfers (from_id, to_id, amount_cents) values (?, ?, ?)';

/** The bank on SQLite. */
export class SqliteBank implements Bank {
  readonly #pool: SqlitePool<SqliteConnection>;
  readonly #discard: () => void;

  /** @param discard removes the file, or does not */
  constructor(pool: SqlitePool<SqliteConnection>, discard: () => void) {
    this.#pool = pool;
    this.#discard = discard;
  }

  async seed({ users, accounts }: Opening): Promise<void> {
    await this.#pool.write((connection) => connection.exec(SCHEMA));
    const [first] = await this.#pool.query('select id from users limit 1');
    if (first !== undefined) return;
    await this.#pool.batch([
      ...users.map((user) => ({ sql: 'insert into users values ($id, $name, $email)', params: { ...user } })),
      ...accounts.map((account) => ({
        sql: 'insert into accounts values ($id, $userId, $kind, $balanceCents)',
        params: { ...account },
      })),
    ]);
  }

  async user(id: number): Promise<User | undefined> {
    const [user] = await this.#pool.query<User>(USER, [id]);
    return user;
  }

  profile(id: number): Promise<Profile | undefined> {
    return this.#pool.read(async (connection) => {
      const user = await connection.get<User>(USER, [id]);
      if (user === undefined) return undefined;
      const accounts = await connection.query<Account>(ACCOUNTS, [id]);
      const transfers = await connection.query<Transfer>(TRANSFERS, { user: id });
      return { user, accounts, transfers };
    });
  }

  transfer(order: TransferOrder): Promise<Transfer> {
    const { from, to, amountCents } = order;
    return this.#pool.transaction(async (connection) => {
      const paid = await connection.run(PAY, { id: from, amount: amountCents });
      if (paid.changes === 0) throw await whyNotPaid(connection, from);
      const received = await connection.run(RECEIVE, { id: to, amount: amountCents });
      if (received.changes === 0) throw new UnknownAccountError(to);
      const { lastInsertRowid } = await connection.run(RECORD, [from, to, amountCents]);
      return { id: String(lastInsertRowid), ...order };
    });
  }

  async totalMoney(): Promise<number> {
    const [row] = await this.#pool.query<{ total: number }>(
      'select sum(balance_cents) as total from accounts',
    );
    return row?.total ?? 0;
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#pool.query('select 1', [], { signal });
  }

  pools(): Pools {
    const { reader, writer } = this.#pool.metrics();
    return writer === undefined ? { reader } : { reader, writer };
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#discard();
  }
}

async function whyNotPaid(connection: SqliteConnection, id: number): Promise<Error> {
  const account = await connection.get('select id from accounts where id = ?', [id]);
  return account === undefined ? new UnknownAccountError(id) : new OverdraftError(id);
}
