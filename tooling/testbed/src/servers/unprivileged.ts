import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Servers refuse to run as root: the first of these users that the machine has runs them. Otherwise whoever runs the tests. */
export async function unprivileged(...names: string[]): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  for (const name of [...names, 'nobody']) {
    const ids = await idsOf(name).catch(() => undefined);
    if (ids !== undefined) return ids;
  }
  throw new Error(`a server cannot run as root, and there is no user ${[...names, 'nobody'].join(' or ')}`);
}

async function idsOf(name: string): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, name])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
