// The load generator runs in a worker thread: on the service's own event loop each would wait for the other, and the
// latencies measured would be those of that queue. A thread rather than a process: it has a loop and a heap of its own
// all the same, ends with the process whatever happens, and never sees a Ctrl-C. (autocannon's `workers` option would
// do the same, but reports no response before the end, and its latencies in whole milliseconds.)
import { Worker } from 'node:worker_threads';
import { type LoadFigures } from './load-tally.ts';
import { type BankSize } from './traffic.ts';

export interface LoadPlan {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly size: BankSize;
  readonly tickMs: number;
}

export type LoadMessage = { readonly kind: 'tick' | 'done'; readonly figures: LoadFigures };

/** Drives the service until the time is over or `signal` aborts; resolves with the figures up to then. */
export function runLoad(
  plan: LoadPlan,
  onTick: (figures: LoadFigures) => void,
  signal: AbortSignal,
): Promise<LoadFigures> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: plan });
    const stop = (): void => worker.postMessage('stop');
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    worker.on('message', ({ kind, figures }: LoadMessage) =>
      kind === 'done' ? resolve(figures) : onTick(figures),
    );
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', stop);
      // After `done` this rejects a settled promise, which is nothing.
      reject(new Error(`the load generator ended early, with code ${code}`));
    });
  });
}
