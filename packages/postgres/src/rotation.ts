// Owns the password that a function gives: asked once for all that connect at the same time, and again before it expires.

/** A password that is valid for a time. */
export interface ExpiringPassword {
  password: string;
  /** When the server stops taking it: a Date, or milliseconds since 1970. */
  expiresAt: Date | number;
}

/** Gives the password for a new connection; its result is kept until shortly before `expiresAt`, a plain string is not kept. */
export type PasswordProvider = () => string | ExpiringPassword | Promise<string | ExpiringPassword>;

/** A password is not used for a handshake that would end after its expiry. */
const SKEW_MS = 10_000;

export class PasswordSource {
  readonly #provide: PasswordProvider;
  /** An answer to what was asked before `drop` is not kept. */
  #version = 0;
  #asked: Promise<string> | undefined = undefined;
  #kept: { password: string; until: number } | undefined = undefined;

  constructor(provide: PasswordProvider) {
    this.#provide = provide;
  }

  current(): string | Promise<string> {
    // The wall clock: an expiry is a date.
    if (this.#kept !== undefined && Date.now() < this.#kept.until) return this.#kept.password;
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  /** The server has refused this one: unless another has come meanwhile, the provider is asked again. */
  refused(password: string): void {
    if (this.#kept?.password === password) this.#kept = undefined;
  }

  /** All that were given so far are to be replaced. */
  drop(): void {
    this.#version++;
    this.#kept = undefined;
    this.#asked = undefined;
  }

  async #ask(): Promise<string> {
    const version = this.#version;
    try {
      const answer = await (async () => this.#provide())();
      const password = typeof answer === 'string' ? answer : answer.password;
      if (typeof password !== 'string') throw new TypeError('the password must be a string');
      if (typeof answer !== 'string' && version === this.#version) {
        this.#kept = { password, until: Number(answer.expiresAt) - SKEW_MS };
      }
      return password;
    } finally {
      if (version === this.#version) this.#asked = undefined;
    }
  }
}
