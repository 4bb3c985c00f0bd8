import type { Operation } from './protocol.ts';
import { kindOf } from './statement-kind.ts';

/** Whether the session may be another one after this: then it is looked at before the next borrower gets it. */
export function mayLeaveTraces(operation: Operation): boolean {
  if (operation.kind === 'exec') return true;
  if (operation.kind === 'batch') return operation.statements.some(({ sql }) => isSuspect(sql));
  if (
    operation.kind === 'query' ||
    operation.kind === 'run' ||
    operation.kind === 'get' ||
    operation.kind === 'cursor'
  ) {
    return isSuspect(operation.sql);
  }
  return false;
}

function isSuspect(sql: string): boolean {
  const kind = kindOf(sql);
  return kind === 'other' || kind === 'session';
}
