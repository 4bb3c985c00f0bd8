import { type Client, CONNECTIONS } from '../contestant.ts';
import { callFor } from '../callers.ts';
import { percentile } from '../../percentile.ts';
import type { DatabaseScenario } from './scenario.ts';

/** The rate of a server varies more than that of code: it is looked at for longer. */
const LENGTH = 4;

/** Callers in loops, each with one statement after the other: how many in a second, and how long the slow ones take. */
export function load(
  statement: string,
  callers: number,
  urlOf: () => string,
  name: string = `${statement}, ${callers} callers`,
): DatabaseScenario<Client> {
  return {
    name,
    figures: [
      { key: name, unit: 'statements/s', better: 'more' },
      { key: `${name} p99`, unit: 'p99 ms', better: 'less' },
      { key: `${name} max`, unit: 'max ms', better: 'less' },
      // Of this process alone: what else the machine does is not in it.
      { key: `${name} cpu`, unit: 'CPU us each', better: 'less' },
    ],
    async measure(contestant, effort) {
      const client = await contestant(urlOf(), CONNECTIONS);
      const call = statementOf(client, statement);
      await callFor(effort.warmupMs, callers, call);
      const latencies: number[] = [];
      const start = performance.now();
      const cpu = process.cpuUsage();
      await callFor(effort.measureMs * LENGTH, callers, async () => {
        const askedAt = performance.now();
        await call();
        latencies.push(performance.now() - askedAt);
      });
      const elapsedMs = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      await client.close();
      return {
        [name]: (latencies.length / elapsedMs) * 1000,
        [`${name} p99`]: percentile(latencies, 0.99),
        [`${name} max`]: percentile(latencies, 1),
        [`${name} cpu`]: (user + system) / latencies.length,
      };
    },
  };
}

function statementOf({ statements }: Client, name: string): () => Promise<unknown> {
  const call = statements[name];
  if (call === undefined) throw new RangeError(`no statement "${name}"`);
  return call;
}
