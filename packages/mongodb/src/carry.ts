// Db, Collection and Admin of the driver that carry a lease's session: proxies, so that their types and every overload are the
// driver's own, and `instanceof` holds. Knows nothing of pools; what a lease adds to a call comes in by `Carrier`.

import type { Admin, ClientSession, Collection, Db, Document } from 'mongodb';
import { ADMIN_RULES, COLLECTION_RULES, DB_RULES, type Carried, type Made, type Rules } from './carrying.ts';

/** What a driver's cursor and change stream have in common. */
export interface Closable {
  close(): Promise<void>;
  once(event: 'close', listener: () => void): unknown;
}

/** What a lease adds to the calls that are made through it. */
export interface Carrier {
  /** @throws {LeaseEndedError} the lease has ended */
  readonly session: ClientSession;
  /** Stops reads. */
  readonly readSignal: AbortSignal | undefined;
  /** For the server, if the caller set a deadline: milliseconds from now. */
  remainingMs(): number | undefined;
  /** Closed with the lease, unless it is closed before. */
  keep(cursor: Closable): void;
  /** What the driver does not do although it is asked to. */
  warnOf(options: object): void;
}

type Callable = (...args: unknown[]) => unknown;

export function carryDb(db: Db, carrier: Carrier): Db {
  return carry(db, DB_RULES, carrier);
}

export function carryCollection<T extends Document>(
  collection: Collection<T>,
  carrier: Carrier,
): Collection<T> {
  return carry(collection, COLLECTION_RULES, carrier);
}

function carry<T extends object>(target: T, rules: Rules, carrier: Carrier): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof key !== 'string') return value;
      const rule = Object.hasOwn(rules, key) ? rules[key]! : {};
      if (typeof value !== 'function') return rule.makes === 'db' ? carryDb(value as Db, carrier) : value;
      const called =
        rule.carried === undefined
          ? (value.bind(object) as Callable)
          : carriedBy(carrier, object, value as Callable, rule.carried);
      return rule.makes === undefined ? called : making(rule.makes, called, carrier);
    },
  });
}

function carriedBy(carrier: Carrier, target: object, method: Callable, rule: Carried): Callable {
  const call: Callable = (...args) => method.apply(target, withSession(carrier, args, rule));
  if (rule.answer === 'builder') return call;
  if (rule.answer === 'cursor') {
    return (...args) => {
      const cursor = call(...args) as Closable;
      carrier.keep(cursor);
      return cursor;
    };
  }
  return (...args) => {
    try {
      return method.apply(target, withSession(carrier, args, rule));
    } catch (error) {
      // So that the end of the lease rejects like every other failure of the method.
      return Promise.reject(error);
    }
  };
}

function making(makes: Made, called: Callable, carrier: Carrier): Callable {
  const carried = (made: unknown): unknown => {
    if (makes === 'admin') return carry(made as Admin, ADMIN_RULES, carrier);
    if (makes === 'collection') return carryCollection(made as Collection, carrier);
    return (made as Collection[]).map((collection) => carryCollection(collection, carrier));
  };
  return (...args) => {
    const made = called(...args);
    return made instanceof Promise ? made.then(carried) : carried(made);
  };
}

/** Puts the session of the lease among the driver's options, and its signal and time limit where they are taken. */
function withSession(carrier: Carrier, args: unknown[], rule: Carried): unknown[] {
  const at = positionOfOptions(args, rule);
  const given = args[at] as Record<string, unknown> | null | undefined;
  if (given?.['timeoutMS'] !== undefined) carrier.warnOf(given);
  const { session } = carrier;
  const options: Record<string, unknown> = { ...given, session: given?.['session'] ?? session };
  if (rule.takesSignal === true && given?.['signal'] === undefined) addSignal(options, carrier);
  const limitMs = rule.limit === undefined ? undefined : carrier.remainingMs();
  if (limitMs !== undefined) limit(args, options, rule, limitMs);
  args[at] = options;
  return args;
}

function positionOfOptions(args: readonly unknown[], { options, isShifting }: Carried): number {
  const before = args[options - 1];
  const isShifted =
    isShifting === true && args.length === options && typeof before === 'object' && !Array.isArray(before);
  return isShifted ? options - 1 : options;
}

function addSignal(options: Record<string, unknown>, { readSignal }: Carrier): void {
  if (readSignal !== undefined) options['signal'] = readSignal;
}

/** The caller's own limit stays, whether longer or shorter. */
function limit(
  args: unknown[],
  options: Record<string, unknown>,
  { limit: place }: Carried,
  ms: number,
): void {
  if (place === 'options') options['maxTimeMS'] ??= ms;
  else if (isDocument(args[0])) args[0] = { ...args[0], maxTimeMS: args[0]['maxTimeMS'] ?? ms };
}

function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
