import { percentile } from '../../percentile.ts';
import type { Client } from '../contestant.ts';
import type { DatabaseScenario } from './scenario.ts';

export interface SpikeOptions {
  readonly name: string;
  readonly statement: string;
  /** At the same moment, each with one call. */
  readonly callers: number;
  /** As many as the pool may open. */
  readonly max: number;
  /** Callers a moment before, for whom it has opened connections. */
  readonly before: number;
  readonly urlOf: () => string;
  /** As the server counts them. */
  readonly countConnections: () => Promise<number>;
}

/** Many callers at once on a pool with few connections or none: how long until all are served, and by how many connections. */
export function spike(options: SpikeOptions): DatabaseScenario<Client> {
  const { name, statement, callers, max, before, urlOf, countConnections } = options;
  return {
    name,
    figures: [
      { key: name, unit: 'ms until all are served', better: 'less' },
      { key: `${name} median`, unit: 'median ms', better: 'less' },
      { key: `${name} connections`, unit: 'connections', better: 'less' },
    ],
    async measure(contestant) {
      const client = await contestant(urlOf(), max);
      const call = client.statements[statement]!;
      await Promise.all(Array.from({ length: before }, call));
      const start = performance.now();
      const servedAt = await Promise.all(
        Array.from({ length: callers }, () => call().then(() => performance.now() - start)),
      );
      const connections = await countConnections();
      await client.close();
      return {
        [name]: Math.max(...servedAt),
        [`${name} median`]: percentile(servedAt, 0.5),
        [`${name} connections`]: connections,
      };
    },
  };
}
