/** Why a session cannot be handed on: its connection is closed, and the `error` event says so. */
export class UncleanSessionError extends Error {
  readonly code = 'MYSQL_SESSION_UNCLEAN';

  constructor(why: string) {
    super(`the session cannot be handed on: ${why}`);
    this.name = 'UncleanSessionError';
  }
}
