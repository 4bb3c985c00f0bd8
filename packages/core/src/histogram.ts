// Log-linear buckets over microseconds: 16 to each power of two, so a quantile is off by at most 1/16 (6 %).
// Recording touches one array cell and three fields; reading copies, and pauses nobody.

const SUB_BITS = 4;
const SUB_BUCKETS = 1 << SUB_BITS;
const MAX_MICROSECONDS = 2 ** 31 - 1; // about 36 minutes; longer ones count in the last bucket, `max` stays exact
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;

/** A histogram of durations in milliseconds. Quantiles are upper bounds of their bucket, at most 6 % too high. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly mean: number;
  readonly max: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** The non-empty buckets, ascending: `count` durations of at most `upToMs`, and above the bucket before. */
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
}

export class Histogram {
  #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** @param ms below 0 counts as 0 */
  record(ms: number): void {
    this.#count++;
    if (ms <= 0) {
      this.#counts[0]!++;
      return;
    }
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
    // Rounded up, so that a bucket's bound is never below what it counts.
    this.#counts[bucketOf(Math.ceil(Math.min(ms * 1000, MAX_MICROSECONDS)))]!++;
  }

  snapshot(): HistogramSnapshot {
    const buckets: { upToMs: number; count: number }[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket]!;
      if (count > 0) buckets.push({ upToMs: upperBoundOf(bucket) / 1000, count });
    }
    const quantile = (share: number): number => quantileOf(buckets, this.#count * share, this.#max);
    return {
      count: this.#count,
      sum: this.#sum,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count,
      max: this.#max,
      p50: quantile(0.5),
      p90: quantile(0.9),
      p99: quantile(0.99),
      buckets,
    };
  }
}

function bucketOf(microseconds: number): number {
  if (microseconds < SUB_BUCKETS) return microseconds;
  const exponent = 31 - Math.clz32(microseconds);
  const sub = (microseconds >>> (exponent - SUB_BITS)) & (SUB_BUCKETS - 1);
  return (exponent - SUB_BITS + 1) * SUB_BUCKETS + sub;
}

/** The largest number of microseconds that falls into the bucket. */
function upperBoundOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const exponent = Math.floor(bucket / SUB_BUCKETS) + SUB_BITS - 1;
  const sub = bucket % SUB_BUCKETS;
  return 2 ** exponent + (sub + 1) * 2 ** (exponent - SUB_BITS) - 1;
}

function quantileOf(
  buckets: readonly { upToMs: number; count: number }[],
  rank: number,
  max: number,
): number {
  let seen = 0;
  for (const { upToMs, count } of buckets) {
    seen += count;
    if (seen >= rank) return Math.min(upToMs, max);
  }
  return max;
}
