import type { Document } from 'bson';

/** Errors after which a driver looks for another primary, and retries a write that it may retry. */
const STATE_CHANGES = new Set([91, 189, 10107, 11600, 11602, 13435, 13436]);
const RETRYABLE = new Set([...STATE_CHANGES, 6, 7, 89, 134, 262, 9001]);

/** What a command fails with, in the server's own terms. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: number;
  readonly codeName: string;
  readonly labels: readonly string[];

  constructor(code: number, codeName: string, message: string, labels: readonly string[] = []) {
    super(message);
    this.code = code;
    this.codeName = codeName;
    this.labels = labels;
  }

  /** The server is not, or no longer, in the state that the command needs. */
  get isStateChange(): boolean {
    return STATE_CHANGES.has(this.code);
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  toReply(labels: readonly string[] = this.labels): Document {
    return {
      ok: 0,
      errmsg: this.message,
      code: this.code,
      codeName: this.codeName,
      ...(labels.length > 0 && { errorLabels: labels }),
    };
  }
}

export function noSuchTransaction(message: string): CommandError {
  return new CommandError(251, 'NoSuchTransaction', message, ['TransientTransactionError']);
}

export function interruptedByElection(): CommandError {
  return new CommandError(
    11602,
    'InterruptedDueToReplStateChange',
    'operation was interrupted due to a change of state of the replica set',
  );
}

/** Nobody reads this one: it ends what the client was waiting for. */
export function clientDisconnected(): CommandError {
  return new CommandError(279, 'ClientDisconnect', 'the client has closed its connection');
}
