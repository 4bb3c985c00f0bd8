import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** What became of the requests so far. Latencies are of the last tick, or of the whole run once it is over. */
export interface LoadFigures {
  readonly seconds: number;
  /** Answered requests; a refused transfer is an answer, too. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** No answer, or one that this traffic should never get: anything but 2xx and a refusal. */
  readonly errors: number;
  /** Transfers refused because the account held too little. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const REFUSED = 409;

/** Counts answers. Latencies are kept in microseconds: whole milliseconds are too coarse for a local database. */
export class LoadTally {
  readonly #run = createHistogram();
  readonly #tick = createHistogram();
  readonly #startMs: number;
  #tickStartMs: number;
  #requests = 0;
  #tickRequests = 0;
  #errors = 0;
  #refused = 0;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#tickStartMs = nowMs;
  }

  response(status: number, latencyMs: number): void {
    this.#requests++;
    this.#tickRequests++;
    if (status === REFUSED) this.#refused++;
    else if (status < 200 || status > 299) this.#errors++;
    const microseconds = Math.max(1, Math.round(latencyMs * 1000));
    this.#run.record(microseconds);
    this.#tick.record(microseconds);
  }

  noResponse(): void {
    this.#errors++;
  }

  /** The figures, rate and latencies since the last call; begins the next tick. */
  tick(nowMs: number): LoadFigures {
    const figures = this.#figures(this.#tick, this.#tickRequests, nowMs - this.#tickStartMs, nowMs);
    this.#tick.reset();
    this.#tickRequests = 0;
    this.#tickStartMs = nowMs;
    return figures;
  }

  total(nowMs: number): LoadFigures {
    return this.#figures(this.#run, this.#requests, nowMs - this.#startMs, nowMs);
  }

  #figures(latencies: RecordableHistogram, requests: number, elapsedMs: number, nowMs: number): LoadFigures {
    return {
      seconds: (nowMs - this.#startMs) / 1000,
      requests: this.#requests,
      requestsPerSecond: elapsedMs > 0 ? (requests * 1000) / elapsedMs : 0,
      errors: this.#errors,
      refused: this.#refused,
      p50Ms: requests === 0 ? 0 : latencies.percentile(50) / 1000,
      p99Ms: requests === 0 ? 0 : latencies.percentile(99) / 1000,
    };
  }
}
