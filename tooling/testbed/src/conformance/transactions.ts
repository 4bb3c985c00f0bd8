import assert from 'node:assert/strict';
import type { AdapterPool } from './adapter.ts';
import type { Check, Context } from './check.ts';
import { freshToken } from './tokens.ts';
import { failureOf } from './waiting.ts';

/** Which of the values another borrower sees. */
async function seen(
  context: Context,
  pool: AdapterPool<unknown>,
  values: readonly string[],
): Promise<boolean[]> {
  const read = pool.use((connection) => context.adapter.table!.values(connection));
  const all = await context.soon('reading the table', read);
  return values.map((value) => all.includes(value));
}

/** Two connections if there can be two: a transaction must not wander from one to the other. */
const roomy = (context: Context): { max: number } => ({ max: context.has('severalConnections') ? 2 : 1 });

/** All or nothing, on one connection. */
export const transactions: readonly Check[] = [
  {
    id: 'commit',
    rule: '§6',
    title: "a transaction whose work ends well is committed, and gives the work's result",
    needs: ['transactions'],
    async run(context) {
      const pool = await context.open();
      const values = [freshToken(), freshToken()];
      const work = async (connection: unknown): Promise<string> => {
        for (const value of values) await context.adapter.table!.insert(connection, value);
        return 'result';
      };
      assert.equal(await context.soon('the transaction', pool.transaction!(work)), 'result');
      assert.deepEqual(await seen(context, pool, values), [true, true]);
    },
  },
  {
    id: 'rollback',
    rule: '§6',
    title:
      'a transaction whose work throws leaves nothing of any of its statements, and its error is the caller’s',
    needs: ['transactions'],
    async run(context) {
      const pool = await context.open(roomy(context));
      const thrown = new Error('thrown by the work');
      const values = [freshToken(), freshToken(), freshToken()];
      const work = async (connection: unknown): Promise<never> => {
        for (const value of values) await context.adapter.table!.insert(connection, value);
        throw thrown;
      };
      assert.equal(await context.soon('the transaction', failureOf(pool.transaction!(work))), thrown);
      assert.deepEqual(await seen(context, pool, values), [false, false, false]);
    },
  },
  {
    id: 'rollback-after-mistake',
    rule: '§6',
    title: 'a transaction that fails by an error of the database is rolled back, and costs no connection',
    needs: ['transactions'],
    async run(context) {
      const pool = await context.open();
      const values = [freshToken()];
      const work = async (connection: unknown): Promise<void> => {
        await context.adapter.table!.insert(connection, values[0]!);
        await context.adapter.mistake(connection);
      };
      await context.soon('the transaction', failureOf(pool.transaction!(work)));
      assert.deepEqual(await seen(context, pool, values), [false]);
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
    },
  },
  {
    id: 'own-writes',
    rule: '§6',
    title: 'a transaction sees its own writes',
    needs: ['transactions'],
    async run(context) {
      const pool = await context.open(roomy(context));
      const { insert, values } = context.adapter.table!;
      const work = async (connection: unknown): Promise<boolean> => {
        const value = freshToken();
        await insert(connection, value);
        return (await values(connection)).includes(value);
      };
      assert.ok(await context.soon('the transaction', pool.transaction!(work)), 'its own write is not there');
    },
  },
  {
    id: 'killed-in-transaction',
    rule: 'P11',
    title: 'a transaction whose connection the server ends fails, and nothing of it is there',
    needs: ['transactions', 'serverKill'],
    async run(context) {
      const pool = await context.open();
      const { insert } = context.adapter.table!;
      const values = [freshToken(), freshToken()];
      const work = async (connection: unknown): Promise<void> => {
        await insert(connection, values[0]!);
        await context.adapter.kill!(connection);
        await insert(connection, values[1]!);
      };
      await context.soon('the transaction', failureOf(pool.transaction!(work)));
      assert.deepEqual(await seen(context, pool, values), [false, false]);
    },
  },
  {
    id: 'savepoint',
    rule: '§6',
    title: 'what throws within a savepoint undoes that savepoint, and nothing else of the transaction',
    needs: ['transactions', 'savepoints'],
    async run(context) {
      const pool = await context.open();
      const { insert } = context.adapter.table!;
      const [before, within, after] = [freshToken(), freshToken(), freshToken()];
      await context.soon(
        'the transaction',
        pool.transaction!(async (connection, savepoint) => {
          await insert(connection, before);
          const nested = savepoint(async () => {
            await insert(connection, within);
            throw new Error('thrown within the savepoint');
          });
          await failureOf(nested);
          await insert(connection, after);
        }),
      );
      assert.deepEqual(await seen(context, pool, [before, within, after]), [true, false, true]);
    },
  },
];
