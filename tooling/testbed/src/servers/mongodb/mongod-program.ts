import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from '../say.ts';

const DOWNLOADS = 'https://fastdl.mongodb.org';
/** For a machine from which the download cannot be reached. */
const PROBE_LIMIT_MS = 3_000;

let found: Promise<string | undefined> | undefined;

/** The mongod on PATH; else the one that mongodb-memory-server has or can download. Looks once in a process. */
export function findMongod(): Promise<string | undefined> {
  return (found ??= (async () => mongodOnPath() ?? (await mongodOfMemoryServer()))());
}

function mongodOnPath(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  return directories.map((directory) => join(directory, 'mongod')).find(existsSync);
}

async function mongodOfMemoryServer(): Promise<string | undefined> {
  const { DryMongoBinary, MongoBinary } = await import('mongodb-memory-server-core');
  const located = await DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions());
  if (located !== undefined) return located;
  if (!(await isReachable(DOWNLOADS))) return undefined;
  say('downloading mongod by mongodb-memory-server (once)');
  return MongoBinary.getPath().catch((error: unknown) => {
    say(`mongodb-memory-server cannot download mongod: ${String(error).split('\n', 1)[0]}`);
    return undefined;
  });
}

async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    return true;
  } catch {
    return false;
  }
}
