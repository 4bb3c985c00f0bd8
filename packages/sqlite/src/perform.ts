import { commitBatch, commitGroup } from './group.ts';
import type { AnswerOf, Operation } from './protocol.ts';
import type { Session } from './session.ts';
import { isLocked } from './sqlite-error.ts';

type Handlers = {
  readonly [K in Operation['kind']]: (
    session: Session,
    operation: Extract<Operation, { kind: K }>,
  ) => AnswerOf<Extract<Operation, { kind: K }>> | Promise<AnswerOf<Extract<Operation, { kind: K }>>>;
};
