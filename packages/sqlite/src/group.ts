import type { GroupItem, Outcome, Statement } from './protocol.ts';
import type { Session } from './session.ts';
import { encodeError, isLocked } from './sqlite-error.ts';

const SAVEPOINT = 'item';

/**
 * Commits writes that have nothing to do with each other in one transaction: the commit is what costs.
 *
 * Each has a savepoint of its own, so one that fails takes no other with it. Nothing is answered before the COMMIT.
 *
 * @returns undefined when the group as a whole was rolled back (RAISE(ROLLBACK), ON CONFLICT ROLLBACK, a deferred
 * constraint, a full disk): nothing of it happened, and its items can be run one by one
 * @throws {SqliteError} SQLITE_BUSY before anything happened
 */
export function commitGroup(session: Session, items: readonly GroupItem[]): readonly Outcome[] | undefined {
  const [first] = items;
  if (first !== undefined && items.length === 1) return [alone(session, first)];
  session.control('begin');
  try {
    const outcomes: Outcome[] = [];
    for (const item of items) {
      outcomes.push(withSavepoint(session, item));
      if (!session.database.inTransaction) return undefined;
    }
    session.control('commit');
    return outcomes;
  } catch {
    return undefined;
  } finally {
    session.control('rollback');
  }
}

/** All or nothing: the first error rolls everything back. */
export function commitBatch(session: Session, statements: readonly Statement[]): readonly unknown[] {
  session.control('begin');
  try {
    const results = statements.map((statement) => session.query(statement));
    session.control('commit');
    return results;
  } finally {
    // After a commit there is no transaction left, and this does nothing.
    session.control('rollback');
  }
}

function withSavepoint(session: Session, item: GroupItem): Outcome {
  session.control('savepoint', SAVEPOINT);
  try {
    const value = perform(session, item);
    session.control('release', SAVEPOINT);
    return { value };
  } catch (error) {
    if (session.database.inTransaction) {
      session.control('rollbackTo', SAVEPOINT);
      session.control('release', SAVEPOINT);
    }
    return { error: encodeError(error) };
  }
}

function alone(session: Session, item: GroupItem): Outcome {
  try {
    return { value: perform(session, item) };
  } catch (error) {
    // The caller of this waits for the lock and tries again.
    if (isLocked(error)) throw error;
    return { error: encodeError(error) };
  }
}

function perform(session: Session, item: GroupItem): unknown {
  return item.mustRun ? session.run(item) : session.query(item);
}
