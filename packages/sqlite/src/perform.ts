import { commitBatch, commitGroup } from './group.ts';
import type { Answer, Operation, OperationKind } from './protocol.ts';
import type { Session } from './session.ts';

type Handlers = {
  readonly [K in OperationKind]: (
    session: Session,
    operation: Operation<K>,
  ) => Answer<K> | Promise<Answer<K>>;
};

const HANDLERS: Handlers = {
  query: (session, operation) => session.query(operation, operation.mustRead),
  get: (session, operation) => session.get(operation),
  run: (session, operation) => session.run(operation),
  exec: (session, { sql }) => session.exec(sql),
  group: (session, { items }) => commitGroup(session, items),
  batch: (session, { statements }) => commitBatch(session, statements),
  control: (session, { verb, name }) => session.control(verb, name),
  cursor: (session, operation) => session.openCursor(operation, operation.mustRead),
  fetch: (session, { cursor }) => session.fetch(cursor),
  dismiss: (session, { cursor }) => session.dismiss(cursor),
  checkpoint: (session, { mode }) => session.checkpoint(mode),
  backup: (session, { path }) => session.backup(path),
  ping: (session) => session.ping(),
  reset: (session) => session.reset(),
  close: (session) => session.close(),
};

/** Does in this thread what the operation says. A promise only for a backup, which goes in steps. */
export function perform<K extends OperationKind>(
  session: Session,
  operation: Operation<K>,
): Answer<K> | Promise<Answer<K>> {
  const handler: Handlers[K] = HANDLERS[operation.kind];
  return handler(session, operation);
}
