// What the engine's errors mean to a client: SQLSTATE -> MongoDB's code and name.
import { CommandError } from './command-error.ts';

type Meaning = readonly [code: number, codeName: string];

const WRITE_CONFLICT: Meaning = [112, 'WriteConflict'];
const DUPLICATE_KEY: Meaning = [11_000, 'DuplicateKey'];
const LOCK_TIMEOUT: Meaning = [24, 'LockTimeout'];
const MAX_TIME_EXPIRED: Meaning = [50, 'MaxTimeMSExpired'];
const UNKNOWN: Meaning = [8, 'UnknownError'];

/** Of the engine's published mapping, those that a client is likely to meet. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  M0001: [2, 'BadValue'],
  M0003: [9, 'FailedToParse'],
  M0004: [14, 'TypeMismatch'],
  M0006: [20, 'IllegalOperation'],
  M0008: [26, 'NamespaceNotFound'],
  M0009: [27, 'IndexNotFound'],
  M000A: [28, 'PathNotViable'],
  M000D: [40, 'ConflictingUpdateOperators'],
  M000E: [43, 'CursorNotFound'],
  M000F: [48, 'NamespaceExists'],
  M000M: [66, 'ImmutableField'],
  M000N: [67, 'CannotCreateIndex'],
  M000P: [72, 'InvalidOptions'],
  M000Q: [73, 'InvalidNamespace'],
  M000R: [85, 'IndexOptionsConflict'],
  M000S: [86, 'IndexKeySpecsConflict'],
  M000U: [115, 'CommandNotSupported'],
  M00CO: [121, 'DocumentValidationFailure'],
  M0016: [263, 'OperationNotSupportedInTransaction'],
  M001B: [10_334, 'BSONObjectTooLarge'],
  M001C: DUPLICATE_KEY,
  M007R: [40_319, 'Location40319'],
  M007T: [40_323, 'Location40323'],
  M007U: [40_324, 'Location40324'],
  M0087: [40_414, 'Location40414'],
  M0088: [40_415, 'Location40415'],
  M00EX: MAX_TIME_EXPIRED,
  M00F1: WRITE_CONFLICT,
  '23505': DUPLICATE_KEY,
  '40001': WRITE_CONFLICT,
  '40P01': WRITE_CONFLICT,
  '55P03': LOCK_TIMEOUT,
  '57014': MAX_TIME_EXPIRED,
  '53300': [202, 'NetworkInterfaceExceededTimeLimit'],
  '53100': [14_031, 'OutOfDiskSpace'],
};

/** Conflicts end the transaction, and are worth another try of all of it. */
const TRANSIENT: ReadonlySet<Meaning> = new Set([WRITE_CONFLICT, LOCK_TIMEOUT]);

/** The command error for whatever the engine's client rejected with. */
export function fromEngine(error: unknown, inTransaction: boolean): CommandError {
  if (error instanceof CommandError) return error;
  const { code: sqlstate, message } = error as { code?: string; message: string };
  const isGone = sqlstate === undefined || /^(57P0|08|E)/.test(sqlstate);
  if (isGone && !Object.hasOwn(MEANINGS, sqlstate ?? '')) {
    return new CommandError(91, 'ShutdownInProgress', `the engine cannot be reached: ${message}`);
  }
  return describe(MEANINGS[sqlstate ?? ''] ?? UNKNOWN, message, inTransaction);
}

/** The same for one write of a batch, whose error the engine packs into a number. */
export function fromWriteError(packed: number, message: string, inTransaction: boolean): CommandError {
  return describe(MEANINGS[unpackSqlstate(packed)] ?? UNKNOWN, message, inTransaction);
}

function describe(meaning: Meaning, message: string, inTransaction: boolean): CommandError {
  const isTransient = inTransaction && TRANSIENT.has(meaning);
  // mongod never waits for another transaction's lock, so there a wait that was cut short is a conflict.
  const [code, codeName] = isTransient ? WRITE_CONFLICT : meaning;
  const text = code === DUPLICATE_KEY[0] ? `E11000 duplicate key error: ${message}` : message;
  return new CommandError(code, codeName, text, isTransient ? ['TransientTransactionError'] : []);
}

/** PostgreSQL packs the five characters of a SQLSTATE into an int, six bits each. */
function unpackSqlstate(packed: number): string {
  const characters = Array.from({ length: 5 }, (_, i) => ((packed >> (6 * i)) & 63) + 48);
  return String.fromCharCode(...characters);
}
