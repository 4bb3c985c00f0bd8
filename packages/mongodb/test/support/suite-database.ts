import { freshDatabase } from '@pool/testbed/mongodb';
import { MongoClient } from 'mongodb';
import { afterAll } from 'vitest';

const { url, drop } = await freshDatabase();
const admin = await new MongoClient(url).connect();
afterAll(async () => {
  await admin.close();
  await drop();
});

const rows = Array.from({ length: 1_000 }, (_, _id) => ({ _id }));
await admin.db().collection<{ _id: number }>('rows').insertMany(rows);

const timesRows = [{ $lookup: { from: 'rows', pipeline: [], as: 'row' } }, { $unwind: '$row' }];

/** The database of the conformance suite, with 1,000 documents in `rows`. */
export { url };

/** So many rows that no server ever counts them. */
export const ENDLESS: object[] = [...timesRows, ...timesRows, { $count: 'rows' }];

/** Whether the server is at an operation with this comment. */
export async function isUnderWay(comment: string): Promise<boolean> {
  const pipeline = [{ $currentOp: {} }, { $match: { 'command.comment': comment } }];
  return (await admin.db('admin').aggregate(pipeline).toArray()).length > 0;
}
