import { callFor } from '../../database/callers.ts';
import { CONNECTIONS } from '../../database/contestant.ts';
import { FIND_ONE } from '../contestants.ts';
import { urlOfStub } from '../servers.ts';
import type { MongoScenario } from './scenario.ts';

const LENGTH = 4;

export const ownCostName = (callers: number): string => `stub, ${callers} caller${callers === 1 ? '' : 's'}`;
export const ownCostCpu = (callers: number): string => `${ownCostName(callers)} cpu`;

/** findOne of a server that does next to nothing, in another process: what is left is the driver, and the pool's own cost. */
export function ownCost(callers: number): MongoScenario {
  const name = ownCostName(callers);
  return {
    name,
    figures: [
      // Of this process alone: neither the server nor what else the machine does is in it.
      { key: ownCostCpu(callers), unit: 'CPU us each', better: 'less' },
      { key: name, unit: 'us each', better: 'less' },
    ],
    async measure(open, effort) {
      const { statements, close } = await open(urlOfStub(), CONNECTIONS);
      const call = statements[FIND_ONE]!;
      await callFor(effort.warmupMs * LENGTH, callers, call);
      let calls = 0;
      const cpu = process.cpuUsage();
      const start = performance.now();
      await callFor(effort.measureMs * LENGTH, callers, async () => {
        await call();
        calls++;
      });
      const elapsedMs = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      await close();
      return { [ownCostCpu(callers)]: (user + system) / calls, [name]: (elapsedMs * 1000) / calls };
    },
  };
}
