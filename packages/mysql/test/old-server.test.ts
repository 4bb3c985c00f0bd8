// Servers and proxies without what the pool would like to use: Debian has none, so here are their answers alone.
import { expect, test } from 'vitest';
import { Baseline } from '../src/baseline.ts';
import type { MysqlConnection } from '../src/index.ts';
import { survey } from '../src/survey.ts';

/** A connection to a server that refuses these statements with that number. */
function refusing(what: RegExp, errno: number): { connection: MysqlConnection; asked: string[] } {
  const asked: string[] = [];
  const query = async (sql: string): Promise<void> => {
    asked.push(sql);
    if (what.test(sql)) throw Object.assign(new Error('refused'), { errno, sqlState: 'HY000' });
  };
  const connection = { query, connection: { config: { clientFlags: 0 } } } as unknown as MysqlConnection;
  return { connection, asked };
}

test('a server without a tracker of session changes is asked for it once, and served all the same', async () => {
  const { connection, asked } = refusing(/session_track/, 1193);
  const baseline = new Baseline(undefined);
  await baseline.apply(connection, 8);
  await baseline.apply(connection, 8);
  const names = 'SET NAMES latin1 COLLATE latin1_swedish_ci';
  expect(asked).toEqual([`${names}, session_track_state_change = 1`, names, names]);
});

test('any other refusal is an error', async () => {
  const { connection } = refusing(/session_track/, 1231);
  await expect(new Baseline(undefined).apply(connection, 8)).rejects.toHaveProperty('errno', 1231);
});

test('a server that tells nothing of itself is taken for one that waits for ever and takes writes', async () => {
  const { connection } = refusing(/@@global/, 1193);
  expect(await survey(connection)).toEqual({ waitTimeoutMs: Infinity, isReadOnly: false });
});
