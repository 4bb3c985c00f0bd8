import { type Account, type TransferOrder, type User } from '@pool/demo-kit';
import { type MongoLease } from '@pool/mongodb';
import { type Collection } from 'mongodb';

type Stored<T extends { id: number }> = Omit<T, 'id'> & { _id: number };

export interface Collections {
  readonly users: Collection<Stored<User>>;
  readonly accounts: Collection<Stored<Account>>;
  readonly transfers: Collection<TransferOrder>;
}

/** Each carries the lease's session by itself. */
export function collectionsOf(lease: MongoLease): Collections {
  return {
    users: lease.collection('users'),
    accounts: lease.collection('accounts'),
    transfers: lease.collection('transfers'),
  };
}
