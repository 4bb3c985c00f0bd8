import assert from 'node:assert/strict';
import type { Check } from './check.ts';

const ROWS = 1_000;

/** Rows one by one: the connection is held as long as they come. */
export const stream: readonly Check[] = [
  {
    id: 'stream-whole',
    rule: 'P9',
    title: 'a stream gives all its rows, holds its connection until the last one, and no longer',
    needs: ['stream'],
    async run(context) {
      const pool = await context.open();
      let rows = 0;
      const read = async (): Promise<void> => {
        for await (const row of context.adapter.stream!(pool, ROWS)) {
          assert.notEqual(row, undefined);
          if (rows++ === 0) assert.equal(pool.stats().leased, 1, 'connections held at the first row');
        }
      };
      await context.soon('the whole stream', read());
      assert.equal(rows, ROWS);
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'stream-left',
    rule: 'P9',
    title:
      'a stream that is left early gives its connection back, and no row of it reaches the next borrower',
    needs: ['stream'],
    async run(context) {
      const pool = await context.open();
      const leave = async (): Promise<void> => {
        const rows = context.adapter.stream!(pool, ROWS)[Symbol.asyncIterator]();
        await rows.next();
        await rows.return?.();
      };
      await context.soon('leaving the stream', leave());
      for (let borrowers = 0; borrowers < 3; borrowers++) await context.works(pool, 'the next borrower');
    },
  },
];
