import { callFor } from '../../database/callers.ts';
import { CONNECTIONS } from '../../database/contestant.ts';
import { percentile } from '../../percentile.ts';
import { FIND_ONE } from '../contestants.ts';
import { urlOfRun } from '../servers.ts';
import type { MongoScenario } from './scenario.ts';

const LENGTH = 4;

/** So many callers in loops: how much longer the unlucky wait, and how much less the caller with the fewest gets done. */
export function fairness(callers: number): MongoScenario {
  const name = `fairness, ${callers} callers`;
  return {
    name,
    figures: [
      { key: `${name} max/median`, unit: 'max/median', better: 'less' },
      { key: `${name} median`, unit: 'median ms', better: 'less' },
      { key: `${name} least/most`, unit: 'least/most calls', better: 'more' },
    ],
    async measure(open, effort) {
      const { statements, close } = await open(urlOfRun(), CONNECTIONS);
      const call = statements[FIND_ONE]!;
      await callFor(effort.warmupMs, callers, call);
      const latencies: number[] = [];
      const done = Array.from({ length: callers }, () => 0);
      await callFor(effort.measureMs * LENGTH, callers, async (caller) => {
        const askedAt = performance.now();
        await call();
        latencies.push(performance.now() - askedAt);
        done[caller]!++;
      });
      await close();
      const median = percentile(latencies, 0.5);
      return {
        [`${name} max/median`]: percentile(latencies, 1) / median,
        [`${name} median`]: median,
        [`${name} least/most`]: Math.min(...done) / Math.max(...done),
      };
    },
  };
}
