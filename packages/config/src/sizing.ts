import { waitBeyond } from './erlang.ts';

/** A number of connections, and why it is that. */
export interface Sizing {
  readonly connections: number;
  /** Which consideration decided. */
  readonly rule: 'server-cores' | 'share-of-server' | 'throughput' | 'wait';
  /** For a person: the numbers that led here. */
  readonly sentence: string;
}

/**
 * How many queries a database server can work on at once: cores x 2 + disks that seek.
 *
 * For all instances together: it is a limit of the server, and beyond it connections only queue there.
 *
 * Source: PostgreSQL wiki, "Number Of Database Connections" (https://wiki.postgresql.org/wiki/Number_Of_Database_Connections),
 * repeated by HikariCP, "About Pool Sizing" (https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing).
 * Hyper-threads are not cores; an SSD, or data that fits in memory, is 0 spindles.
 */
export function connectionsForServer({ cores, spindles = 0 }: { cores: number; spindles?: number }): Sizing {
  checkNumbers({ cores, spindles });
  const connections = Math.max(1, Math.floor(cores * 2 + spindles));
  const sentence = `${cores} cores x 2 + ${spindles} spindles: ${connections} queries at once, over all instances`;
  return { connections, rule: 'server-cores', sentence };
}

export interface ShareOptions {
  /** The server's `max_connections`. */
  readonly maxConnections: number;
  /** Kept for administrators and replication. Postgres: `superuser_reserved_connections`, 3. @defaultValue 3 */
  readonly reserved?: number;
  readonly instances: number;
  /** Instances that run besides while a new version is rolled out. @defaultValue 1 */
  readonly surge?: number;
  /** Of what is left, for this service; the rest is for migrations, consoles, other services. @defaultValue 0.7 */
  readonly share?: number;
}

/**
 * The most connections that one instance may have so that all of them fit the server, also while a new version is rolled out.
 *
 * Sources: PostgreSQL documentation, "Connections and Authentication" (max_connections, superuser_reserved_connections,
 * https://www.postgresql.org/docs/current/runtime-config-connection.html); Kubernetes documentation, "Deployments"
 * (maxSurge, https://kubernetes.io/docs/concepts/workloads/controllers/deployment/). The 70 % are a convention.
 */
export function connectionsPerInstance(options: ShareOptions): Sizing {
  const { maxConnections, reserved = 3, instances, surge = 1, share = 0.7 } = options;
  checkNumbers({ maxConnections, reserved, instances, surge, share });
  const available = Math.floor((maxConnections - reserved) * share);
  const running = instances + surge;
  const connections = Math.floor(available / running);
  const sum = `${maxConnections} connections less ${reserved} reserved, ${percent(share)} of them, for ${instances} + ${surge} instances`;
  if (connections < 1) {
    const sentence = `${sum}: less than one each; run fewer instances, or put a pooler such as PgBouncer before the server`;
    return { connections: 0, rule: 'share-of-server', sentence };
  }
  return { connections, rule: 'share-of-server', sentence: `${sum}: ${connections} each` };
}

export interface OfferedLoad {
  /** Leases asked for per second, by one instance. */
  readonly arrivalsPerSecond: number;
  /** How long one is held on average, in milliseconds: `pool.metrics().useMs`. */
  readonly holdMs: number;
}

/**
 * The least connections that keep up with the load: arrivals x hold time, rounded up; more by one when that is exact, for at
 * 100 % the queue grows without bound.
 *
 * Source: J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9 (3), 1961.
 */
export function connectionsForThroughput(load: OfferedLoad): Sizing {
  const busy = busyConnections(load);
  const connections = Math.floor(busy) + 1;
  const sentence = `${load.arrivalsPerSecond}/s x ${load.holdMs} ms keep ${round(busy)} connections busy: at least ${connections}`;
  return { connections, rule: 'throughput', sentence };
}

export interface WaitOptions extends OfferedLoad {
  /** No caller should wait longer, in milliseconds… */
  readonly waitMs: number;
  /** …with this probability. @defaultValue 0.99 */
  readonly probability?: number;
}

/**
 * The least connections with which a caller waits at most `waitMs`, with the probability.
 *
 * P(wait > t) = C(c, a) e^(-(c - a) t / h), where a = arrivals x hold time is the offered load and h the mean hold time. It
 * takes arrivals for independent (Poisson) and hold times for exponential: bursts wait longer, even hold times less.
 *
 * Source: A. K. Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone
 * Exchanges", 1917; the formula as in D. Gross et al., "Fundamentals of Queueing Theory", section on M/M/c queues.
 */
export function connectionsForWait({ probability = 0.99, ...options }: WaitOptions): Sizing {
  const { waitMs, holdMs, arrivalsPerSecond } = options;
  checkNumbers({ waitMs, probability });
  if (probability >= 1)
    throw new RangeError('probability: expected less than 1: a queue promises nothing for certain');
  const busy = busyConnections(options);
  const least = Math.floor(busy) + 1;
  let connections = least;
  while (waitBeyond(waitMs / holdMs, connections, busy) > 1 - probability) connections++;
  const load = `${arrivalsPerSecond}/s x ${holdMs} ms keep ${round(busy)} connections busy`;
  const sentence = `${load}; with ${connections} a caller waits at most ${waitMs} ms with probability ${probability}`;
  return { connections, rule: connections === least ? 'throughput' : 'wait', sentence };
}

export interface SizeOptions extends WaitOptions, ShareOptions {
  /** Of the database server. */
  readonly cores: number;
  readonly spindles?: number;
}

/**
 * A `max` for the pool of one instance: what the load needs, but never more than the server has for it.
 *
 * Sources: those of the three functions that it asks.
 */
export function sizePool(options: SizeOptions): Sizing {
  const { instances, surge = 1 } = options;
  const need = connectionsForWait(options);
  const ofServer = connectionsForServer(options);
  const perInstance = Math.max(1, Math.floor(ofServer.connections / instances));
  const byCores: Sizing = {
    connections: perInstance,
    rule: 'server-cores',
    sentence: `${ofServer.sentence}; ${perInstance} for each of ${instances}`,
  };
  const limits = [connectionsPerInstance({ ...options, surge }), byCores];
  const limit = limits.reduce((least, other) => (other.connections < least.connections ? other : least));
  if (need.connections <= limit.connections) return need;
  return {
    ...limit,
    sentence: `${limit.sentence}; the load would need ${need.connections} (${need.sentence}): callers will wait longer`,
  };
}

function busyConnections({ arrivalsPerSecond, holdMs }: OfferedLoad): number {
  checkNumbers({ arrivalsPerSecond, holdMs });
  return (arrivalsPerSecond * holdMs) / 1000;
}

/** @throws {RangeError} a number that is negative, infinite or none */
export function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value) || value < 0)
      throw new RangeError(`${name}: expected a number of at least 0`);
  }
}

const percent = (share: number): string => `${round(share * 100)} %`;
const round = (value: number): number => Math.round(value * 100) / 100;
