import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { start } from './support/child.ts';
import { file } from './support/fixture.ts';

const WRITER = new URL('./support/writer-to-kill.ts', import.meta.url);
const KILLS = 52;

interface Loss {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly torn: number;
  readonly integrity: unknown;
}

/** Looks at the file as the next process would find it. */
function inspect(filename: string, lines: readonly string[]): Loss {
  const database = new Database(filename);
  const isThere = database.prepare('SELECT 1 FROM acks WHERE name = ?');
  const parts = database.prepare('SELECT count(*) AS n FROM parts WHERE name = ?');
  const lost = lines.filter((line) => {
    const [kind, name] = line.split(' ');
    return kind === 'ack' ? isThere.get(name) === undefined : (parts.get(name) as { n: number }).n !== 3;
  });
  const torn = database
    .prepare('SELECT count(*) AS n FROM (SELECT 1 FROM parts GROUP BY name HAVING count(*) <> 3)')
    .get();
  const integrity = database.pragma('integrity_check', { simple: true });
  database.close();
  return { acknowledged: lines.length, lost, torn: (torn as { n: number }).n, integrity };
}

it(`${KILLS} kills with SIGKILL at random moments lose no acknowledged commit and corrupt nothing`, async () => {
  let acknowledged = 0;
  const killOften = async (durability: string): Promise<void> => {
    const filename = file();
    for (let round = 0; round < KILLS / 2; round++) {
      const child = start(WRITER, [filename, `${round}`, durability]);
      await child.saying('ack');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      child.process.kill('SIGKILL');
      await child.ended;
      const loss = inspect(filename, child.lines);
      expect(loss).toMatchObject({ lost: [], torn: 0, integrity: 'ok' });
      acknowledged += loss.acknowledged;
    }
  };
  await Promise.all([killOften('normal'), killOften('full')]);
  expect(acknowledged).toBeGreaterThan(KILLS);
}, 80_000);
