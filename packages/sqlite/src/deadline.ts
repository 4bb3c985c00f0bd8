/** One absolute moment for all the waiting that one call does: for its connection, and for locks of other processes. */
export class Deadline {
  readonly #endsAt: number;

  constructor(timeoutMs: number) {
    this.#endsAt = performance.now() + timeoutMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  isBefore(other: Deadline): boolean {
    return this.#endsAt < other.#endsAt;
  }
}
