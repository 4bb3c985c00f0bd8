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
import { type MongoLease, type MongoPool } from '@pool/mongodb';
import { type ObjectId } from 'mongodb';
import { type Collections, collectionsOf } from './collections.ts';

/** The bank on MongoDB. */
export class MongoBank implements Bank {
  readonly #pool: MongoPool;
  readonly #stop: () => Promise<void>;

  /** @param stop the server, when it is the demo's own */
  constructor(pool: MongoPool, stop: () => Promise<void>) {
    this.#pool = pool;
    this.#stop = stop;
  }

  seed({ users, accounts }: Opening): Promise<void> {
    return this.#pool.use(async (lease) => {
      const bank = collectionsOf(lease);
      if ((await bank.users.findOne()) !== null) return;
      await bank.accounts.createIndex({ userId: 1 });
      await bank.transfers.createIndex({ from: 1 });
      await bank.transfers.createIndex({ to: 1 });
      await bank.accounts.insertMany(accounts.map(({ id, ...account }) => ({ _id: id, ...account })));
      // Last: that there are users says that all is there.
      await bank.users.insertMany(users.map(({ id, ...user }) => ({ _id: id, ...user })));
    });
  }

  user(id: number): Promise<User | undefined> {
    return this.#pool.use((lease) => findUser(lease, id));
  }

  profile(id: number): Promise<Profile | undefined> {
    return this.#pool.use(async (lease) => {
      const user = await findUser(lease, id);
      if (user === undefined) return undefined;
      const bank = collectionsOf(lease);
      const accounts = (await bank.accounts.find({ userId: id }).sort({ _id: 1 }).toArray()).map(accountOf);
      const ids = accounts.map((account) => account.id);
      const transfers = await bank.transfers
        .find({ $or: [{ from: { $in: ids } }, { to: { $in: ids } }] })
        .sort({ _id: -1 })
        .limit(LATEST_TRANSFERS)
        .toArray();
      return { user, accounts, transfers: transfers.map(({ _id, ...order }) => transferOf(_id, order)) };
    });
  }

  /** Two transfers that touch the same account conflict: the driver runs one of them again, until it succeeds. */
  transfer(order: TransferOrder): Promise<Transfer> {
    const { from, to, amountCents } = order;
    return this.#pool.transaction(async (lease) => {
      const { accounts, transfers } = collectionsOf(lease);
      const paid = await accounts.updateOne(
        // Pays only what is there: check and change are one operation.
        { _id: from, balanceCents: { $gte: amountCents } },
        { $inc: { balanceCents: -amountCents } },
      );
      if (paid.modifiedCount === 0) throw await whyNotPaid(accounts, from);
      const received = await accounts.updateOne({ _id: to }, { $inc: { balanceCents: amountCents } });
      if (received.modifiedCount === 0) throw new UnknownAccountError(to);
      const { insertedId } = await transfers.insertOne({ from, to, amountCents });
      return transferOf(insertedId, order);
    });
  }

  totalMoney(): Promise<number> {
    return this.#pool.use(async (lease) => {
      const sums = collectionsOf(lease).accounts.aggregate<{ total: number }>([
        { $group: { _id: null, total: { $sum: '$balanceCents' } } },
      ]);
      const [sum] = await sums.toArray();
      return sum?.total ?? 0;
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#pool.run({ ping: 1 }, { signal });
  }

  pools(): Pools {
    return { pool: this.#pool.metrics() };
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#stop();
  }
}

async function findUser(lease: MongoLease, id: number): Promise<User | undefined> {
  const user = await collectionsOf(lease).users.findOne({ _id: id });
  return user === null ? undefined : { id, name: user.name, email: user.email };
}

async function whyNotPaid(accounts: Collections['accounts'], id: number): Promise<Error> {
  const account = await accounts.findOne({ _id: id });
  return account === null ? new UnknownAccountError(id) : new OverdraftError(id);
}

const accountOf = ({ _id, ...account }: Omit<Account, 'id'> & { _id: number }): Account => ({
  id: _id,
  ...account,
});

const transferOf = (id: ObjectId, { from, to, amountCents }: TransferOrder): Transfer => ({
  id: id.toHexString(),
  from,
  to,
  amountCents,
});
