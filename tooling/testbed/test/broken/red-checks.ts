import { CHECKS, runCheck, type Check } from '../../src/index.ts';
import { referenceAdapter } from '../reference/adapter.ts';
import { ReferenceServer } from '../reference/server.ts';
import type { Broken } from './broken.ts';

// Enough for what is right; what hangs costs as much.
const PATIENCE_MS = 300;
// Before a check is called red that should not be: the machine may have been busy.
const SECOND_LOOK_MS = 5_000;
const AT_ONCE = 8;
// Looks at the whole process: nothing else may be going on in it.
const ALONE = 'close-leaves-nothing';

const checks: readonly Check[] = Object.values(CHECKS).flat();

/** The checks that the broken adapter does not pass, in the order of the suite. */
export async function redChecks(broken: Broken): Promise<string[]> {
  const red = new Set<string>();
  const judge = async (check: Check): Promise<void> => {
    if (await isGreen(check, broken, PATIENCE_MS)) return;
    if (broken.caughtBy.includes(check.id) || !(await isGreen(check, broken, SECOND_LOOK_MS)))
      red.add(check.id);
  };
  const queue = checks.filter(({ id }) => id !== ALONE);
  const work = async (): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) await judge(check);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const check of checks.filter(({ id }) => id === ALONE)) await judge(check);
  return checks.map(({ id }) => id).filter((id) => red.has(id));
}

/** Against a server of its own: what one check leaves open is not counted by the next. */
async function isGreen(check: Check, broken: Broken, patienceMs: number): Promise<boolean> {
  const server = new ReferenceServer();
  const adapter = referenceAdapter(server, await server.start(), broken);
  try {
    await runCheck(check, adapter, { patienceMs });
    return true;
  } catch {
    return false;
  } finally {
    await server.stop();
  }
}
