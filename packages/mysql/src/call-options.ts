/** How long one call may take, and what ends it. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's own reason, and what runs is stopped on the server. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call: for the connection and for the answer. Without it, `acquireTimeoutMs` for the connection. */
  timeoutMs?: number | undefined;
  /** Says in errors, events and leak reports who holds the connection. Never put data in it. */
  label?: string | undefined;
}
