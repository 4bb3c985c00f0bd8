import { MongoClient } from 'mongodb';

export interface Account {
  readonly _id: number;
  readonly cents: number;
}

export const COLLECTION = 'accounts';
export const ACCOUNTS = 1000;

/** Makes the documents that are read and written. */
export async function fillAccounts(url: string): Promise<void> {
  await using client = new MongoClient(url);
  const accounts = client.db().collection<Account>(COLLECTION);
  await accounts.deleteMany();
  await accounts.insertMany(Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, cents: 100 })));
}
