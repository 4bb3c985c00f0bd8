import { seededRandom } from '@pool/testing';

/**
 * The waits, in mean hold times, of independent arrivals at a queue with exponential hold times, first come first served.
 *
 * Shares nothing with the formula it is to check: it only keeps the time at which each connection becomes free.
 */
export function simulateWaits(queue: {
  connections: number;
  load: number;
  arrivals: number;
  seed: number;
}): number[] {
  const random = seededRandom(queue.seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const freeAt = Array.from({ length: queue.connections }, () => 0);
  let now = 0;
  return Array.from({ length: queue.arrivals }, () => {
    now += exponential(1 / queue.load);
    const first = freeAt.indexOf(Math.min(...freeAt));
    const begin = Math.max(now, freeAt[first]!);
    freeAt[first] = begin + exponential(1);
    return begin - now;
  });
}
