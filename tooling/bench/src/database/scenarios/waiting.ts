import { callFor } from '../callers.ts';
import { CONNECTIONS } from '../contestant.ts';
import { percentile } from '../../percentile.ts';
import type { DatabaseScenario } from './scenario.ts';

const LENGTH = 4;

export const waitingName = (callers: number, lifetime: number): string =>
  `waiting, ${callers} callers${lifetime === Infinity ? '' : ', connections break'}`;

/**
 * How just a pool is to those who wait: whether who came first is served first, and how much longer the unlucky ones wait.
 *
 * @param lifetime leases after which a borrower closes the connection; Infinity: never
 */
export function waiting(callers: number, lifetime: number, urlOf: () => string): DatabaseScenario {
  const name = waitingName(callers, lifetime);
  return {
    name,
    figures: [
      { key: `${name} max/median`, unit: 'max/median', better: 'less' },
      { key: `${name} median`, unit: 'median ms', better: 'less' },
      { key: `${name} overtaken`, unit: 'overtaken', better: 'less' },
    ],
    async measure(contestant, effort) {
      const { acquire, close } = await contestant(urlOf(), CONNECTIONS);
      const queue = new Queue();
      const call = async (): Promise<void> => {
        const place = queue.join();
        const borrowed = await acquire();
        queue.serve(place);
        await borrowed.query();
        if (place % lifetime === lifetime - 1) borrowed.destroy();
        else borrowed.release();
      };
      await callFor(effort.warmupMs, callers, call);
      queue.forget();
      await callFor(effort.measureMs * LENGTH, callers, call);
      await close();
      const { waits, overtaken } = queue;
      const median = percentile(waits, 0.5);
      return {
        [`${name} max/median`]: percentile(waits, 1) / median,
        [`${name} median`]: median,
        [`${name} overtaken`]: overtaken,
      };
    },
  };
}

/** Who asked when, and who was served before somebody who had asked earlier. */
class Queue {
  readonly #asked = new Map<number, number>();
  #next = 0;
  waits: number[] = [];
  overtaken = 0;

  join(): number {
    const place = this.#next++;
    this.#asked.set(place, performance.now());
    return place;
  }

  serve(place: number): void {
    // The first one in the map has waited longest.
    const [first] = this.#asked.keys();
    if (first !== place) this.overtaken++;
    this.waits.push(performance.now() - this.#asked.get(place)!);
    this.#asked.delete(place);
  }

  forget(): void {
    this.waits = [];
    this.overtaken = 0;
  }
}
