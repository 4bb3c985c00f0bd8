import { createSqlitePool } from '@pool/sqlite';
import { operationsPerSecond } from '../../operations.ts';
import type { Effort, Figures } from '../../suite.ts';
import { BODY, INSERT, openFile, prepareFile, type Durability } from '../database.ts';
import { IMMEDIATE, INLINE, ONE_THREAD, OURS, OURS_UNGROUPED } from '../names.ts';
import { openWriters } from '../peers/writers.ts';
import type { SqliteScenario } from './scenario.ts';

const WRITES_PER_STEP = 512;

/** One insert, committed when it resolves. */
type Write = (client: number) => unknown;

interface Writer {
  readonly write: Write;
  readonly close: () => unknown;
}

/** Callers in loops of their own, each inserting one row after the other, every row a commit of its own to its caller. */
export function writes(durability: Durability, callers: number): SqliteScenario {
  const name = `writes ${durability.toUpperCase()}, ${callers} at once`;
  const measured =
    (open: (filename: string) => Writer | Promise<Writer>) =>
    async (directory: string, effort: Effort): Promise<Figures> => {
      const { write, close } = await open(prepareFile(directory));
      const each = Math.max(1, Math.round((WRITES_PER_STEP / callers) * effort.share));
      const step = async (): Promise<number> => {
        await Promise.all(
          Array.from({ length: callers }, (_, client) => writeRepeatedly(write, client, each)),
        );
        return callers * each;
      };
      const rate = await operationsPerSecond(effort, step);
      await close();
      return { [name]: rate };
    };
  return {
    name,
    figures: [{ key: name, unit: 'writes/s', better: 'more' }],
    contestants: {
      [OURS]: measured((filename) => openPool(filename, durability, true)),
      [OURS_UNGROUPED]: measured((filename) => openPool(filename, durability, false)),
      [INLINE]: measured((filename) => openInline(filename, durability)),
      [ONE_THREAD]: measured((filename) => openWriters(filename, durability, 1)),
      [IMMEDIATE]: measured((filename) => openWriters(filename, durability, 4)),
    },
  };
}

async function writeRepeatedly(write: Write, client: number, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await write(client);
}

async function openPool(filename: string, durability: Durability, autoBatch: boolean): Promise<Writer> {
  const pool = createSqlitePool({ connection: { filename }, durability, autoBatch });
  await pool.ready();
  return { write: (client) => pool.run(INSERT, [client, BODY]), close: () => pool.close() };
}

function openInline(filename: string, durability: Durability): Writer {
  const database = openFile(filename, durability);
  const insert = database.prepare(INSERT);
  return { write: (client) => insert.run(client, BODY), close: () => database.close() };
}
