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
import { type PostgresPool } from '@pool/postgres';
import { SCHEMA } from './schema.ts';

const USER = 'select id, name, email from users where id = $1';
const ACCOUNTS =
  'select id, user_id as "userId", kind, balance_cents as "balanceCents" from accounts where user_id = $1 order by id';
const TRANSFERS = `
  select id, from_id as "from", to_id as "to", amount_cents as "amountCents" from transfers
  where from_id in (select id from accounts where user_id = $1) or to_id in (select id from accounts where user_id = $1)
  order by transfers.id desc limit ${LATEST_TRANSFERS}`;
// Locked in the order of their ids: two transfers between the same accounts wait for each other, and do not deadlock.
const LOCK =
  'select id, balance_cents as "balanceCents" from accounts where id in ($1, $2) order by id for update';
const MOVE =
  'update accounts set balance_cents = balance_cents + case id when $1 then -$3::integer else $3 end where id in ($1, $2)';
const RECORD = 'insert into transfers (from_id, to_id, amount_cents) values ($1, $2, $3) returning id';

/** The bank on Postgres. */
export class PostgresBank implements Bank {
  readonly #pool: PostgresPool;
  readonly #stop: () => Promise<void>;

  /** @param stop the server, when it is the demo's own */
  constructor(pool: PostgresPool, stop: () => Promise<void>) {
    this.#pool = pool;
    this.#stop = stop;
  }

  seed({ users, accounts }: Opening): Promise<void> {
    return this.#pool.transaction(async (client) => {
      await client.query(SCHEMA);
      const { rowCount } = await client.query('select id from users limit 1');
      if (rowCount !== 0) return;
      await client.query('insert into users select * from json_populate_recordset(null::users, $1)', [
        JSON.stringify(users),
      ]);
      const rows = accounts.map(({ id, userId, kind, balanceCents }) => ({
        id,
        user_id: userId,
        kind,
        balance_cents: balanceCents,
      }));
      await client.query('insert into accounts select * from json_populate_recordset(null::accounts, $1)', [
        JSON.stringify(rows),
      ]);
    });
  }

  async user(id: number): Promise<User | undefined> {
    const { rows } = await this.#pool.query<User>(USER, [id]);
    return rows[0];
  }

  profile(id: number): Promise<Profile | undefined> {
    return this.#pool.use(async (client) => {
      const { rows: users } = await client.query<User>(USER, [id]);
      const [user] = users;
      if (user === undefined) return undefined;
      const { rows: accounts } = await client.query<Account>(ACCOUNTS, [id]);
      const { rows: transfers } = await client.query<Transfer>(TRANSFERS, [id]);
      return { user, accounts, transfers };
    });
  }

  transfer(order: TransferOrder): Promise<Transfer> {
    const { from, to, amountCents } = order;
    return this.#pool.transaction(async (client) => {
      const { rows } = await client.query<Pick<Account, 'id' | 'balanceCents'>>(LOCK, [from, to]);
      const payer = rows.find(({ id }) => id === from);
      if (payer === undefined) throw new UnknownAccountError(from);
      if (payer.balanceCents < amountCents) throw new OverdraftError(from);
      if (!rows.some(({ id }) => id === to)) throw new UnknownAccountError(to);
      await client.query(MOVE, [from, to, amountCents]);
      const recorded = await client.query<{ id: string }>(RECORD, [from, to, amountCents]);
      return { id: recorded.rows[0]!.id, ...order };
    });
  }

  async totalMoney(): Promise<number> {
    const { rows } = await this.#pool.query<{ total: string | null }>(
      'select sum(balance_cents) as total from accounts',
    );
    return Number(rows[0]?.total ?? 0);
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
