import { setTimeout as sleep } from 'node:timers/promises';
import { callFor } from '../../database/callers.ts';
import { CONNECTIONS } from '../../database/contestant.ts';
import { median } from '../../median.ts';
import { scaled } from '../../operations.ts';
import { FIND_ONE, type MongoContestant } from '../contestants.ts';
import { urlOfRun } from '../servers.ts';
import type { MongoScenario } from './scenario.ts';

const BURST = 512;
const BURSTS = 7;
const IDLE_MS = 50;
const LOOK_EVERY_MS = 10;

/** All sockets have been closed for idleness; then so many ask in one tick: how long until the last one is served. */
export const burstAfterIdle: MongoScenario = {
  name: 'burst after idle',
  figures: [{ key: 'burst after idle', unit: 'ms until all are served', better: 'less' }],
  async measure(open, effort) {
    const client = await open(urlOfRun(), CONNECTIONS, IDLE_MS);
    await callFor(effort.warmupMs, CONNECTIONS, client.statements[FIND_ONE]!);
    const durations: number[] = [];
    for (let i = 0; i < scaled(BURSTS, effort); i++) {
      await idleness(client);
      const start = performance.now();
      await Promise.all(Array.from({ length: BURST }, client.statements[FIND_ONE]!));
      durations.push(performance.now() - start);
    }
    await client.close();
    return { 'burst after idle': median(durations) };
  },
};

async function idleness({ sockets }: MongoContestant): Promise<void> {
  while (sockets() > 0) await sleep(LOOK_EVERY_MS);
}
