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
import { type MysqlPool } from '@pool/mysql';
import { type ResultSetHeader, type RowDataPacket } from 'mysql2';
import { SCHEMA } from './schema.ts';

type Rows<Row> = (Row & RowDataPacket)[];

const USER = 'select id, name, email from users where id = ?';
const ACCOUNTS =
  'select id, user_id as userId, kind, balance_cents as balanceCents from accounts where user_id = ? order by id';
const TRANSFERS = `
  select cast(id as char) as id, from_id as \`from\`, to_id as \`to\`, amount_cents as amountCents from transfers
  where from_id in (select id from accounts where user_id = ?) or to_id in (select id from accounts where user_id = ?)
  order by transfers.id desc limit ${LATEST_TRANSFERS}`;
// Locked in the order of their ids: two transfers between the same accounts wait for each other, and do not deadlock.
const LOCK =
  'select id, balance_cents as balanceCents from accounts where id in (?, ?) order by id for update';
const MOVE =
  'update accounts set balance_cents = balance_cents + if(id = ?, -?, ?) where id in (?, ?) order by id';
const RECORD = 'insert into transfers (from_id, to_id, amount_cents) values (?, ?, ?)';

// InnoDB gives up a transaction that would deadlock with another one, or waits too long for a lock.
const RETRIES = 5;

/** The bank on MySQL and MariaDB. */
export class MysqlBank implements Bank {
  readonly #pool: MysqlPool;
  readonly #stop: () => Promise<void>;

  /** @param stop the server, when it is the demo's own */
  constructor(pool: MysqlPool, stop: () => Promise<void>) {
    this.#pool = pool;
    this.#stop = stop;
  }

  async seed({ users, accounts }: Opening): Promise<void> {
    for (const statement of SCHEMA) await this.#pool.query(statement);
    await this.#pool.transaction(async (connection) => {
      const [found] = await connection.query<RowDataPacket[]>('select id from users limit 1');
      if (found.length > 0) return;
      await connection.query('insert into users (id, name, email) values ?', [
        users.map(({ id, name, email }) => [id, name, email]),
      ]);
      await connection.query('insert into accounts (id, user_id, kind, balance_cents) values ?', [
        accounts.map(({ id, userId, kind, balanceCents }) => [id, userId, kind, balanceCents]),
      ]);
    });
  }

  async user(id: number): Promise<User | undefined> {
    const [[user]] = await this.#pool.execute<Rows<User>>(USER, [id]);
    return user;
  }

  profile(id: number): Promise<Profile | undefined> {
    return this.#pool.use(async (connection) => {
      const [[user]] = await connection.execute<Rows<User>>(USER, [id]);
      if (user === undefined) return undefined;
      const [accounts] = await connection.execute<Rows<Account>>(ACCOUNTS, [id]);
      const [transfers] = await connection.execute<Rows<Transfer>>(TRANSFERS, [id, id]);
      return { user, accounts, transfers };
    });
  }

  transfer(order: TransferOrder): Promise<Transfer> {
    const { from, to, amountCents } = order;
    return this.#pool.transaction(
      async (connection) => {
        const [rows] = await connection.execute<Rows<Pick<Account, 'id' | 'balanceCents'>>>(LOCK, [from, to]);
        const payer = rows.find(({ id }) => id === from);
        if (payer === undefined) throw new UnknownAccountError(from);
        if (payer.balanceCents < amountCents) throw new OverdraftError(from);
        if (!rows.some(({ id }) => id === to)) throw new UnknownAccountError(to);
        await connection.execute(MOVE, [from, amountCents, amountCents, from, to]);
        const [{ insertId }] = await connection.execute<ResultSetHeader>(RECORD, [from, to, amountCents]);
        return { id: String(insertId), ...order };
      },
      { retries: RETRIES },
    );
  }

  async totalMoney(): Promise<number> {
    const [[row]] = await this.#pool.query<Rows<{ total: string | null }>>(
      'select sum(balance_cents) as total from accounts',
    );
    return Number(row?.total ?? 0);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#pool.query('select 1', [], { signal });
  }

  pools(): Pools {
    return { pool: this.#pool.metrics() };
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#stop();
  }
}
