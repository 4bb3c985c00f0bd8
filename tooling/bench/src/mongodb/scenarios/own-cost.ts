import { CONNECTIONS } from '../../database/contestant.ts';
import { median } from '../../median.ts';
import { scaled } from '../../operations.ts';
import { BARE, CONTESTANTS, FIND_ONE } from '../contestants.ts';
import { urlOfStub } from '../servers.ts';
import type { MongoScenario } from './scenario.ts';

const LENGTH = 8;
const CALLS_A_BATCH = 640;
/** Until the compiler has made of both what it will. */
const WARMUP_BATCHES = 20;

export const ownCostName = (callers: number): string => `own cost, ${callers} callers`;

type Call = () => Promise<unknown>;

/**
 * What a call costs more than one of the bare client, on a server in another process that does next to nothing.
 *
 * Both in one process, batch by batch in turn: what else the machine does falls on both, and the difference is left.
 */
export function ownCost(callers: number): MongoScenario {
  const name = ownCostName(callers);
  return {
    name,
    figures: [{ key: name, unit: `CPU us over ${BARE}`, better: 'less' }],
    hasPeers: false,
    async measure(open, effort) {
      const [ours, bare] = await Promise.all(
        [open, CONTESTANTS[BARE]!].map((openOne) => openOne(urlOfStub(), CONNECTIONS)),
      );
      const calls = [ours!, bare!].map(({ statements }) => statements[FIND_ONE]!) as [Call, Call];
      for (let i = 0; i < scaled(WARMUP_BATCHES, effort); i++) await difference(calls, callers);
      const differences: number[] = [];
      const endAt = performance.now() + effort.measureMs * LENGTH;
      do differences.push(await difference(calls, callers));
      while (performance.now() < endAt);
      await Promise.all([ours!.close(), bare!.close()]);
      return { [name]: median(differences) };
    },
  };
}

async function difference([ours, bare]: [Call, Call], callers: number): Promise<number> {
  return (await costOf(ours, callers)) - (await costOf(bare, callers));
}

/** CPU time of this process by call: the server is not in it. */
async function costOf(call: Call, callers: number): Promise<number> {
  const each = Math.ceil(CALLS_A_BATCH / callers);
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: callers }, () => callRepeatedly(call, each)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (each * callers);
}

async function callRepeatedly(call: Call, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await call();
}
