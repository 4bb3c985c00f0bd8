import type { ClientSession } from 'mongodb';
import type { Lease } from '@pool/core';
import type { Call } from './call.ts';
import type { Carrier, Closable } from './carry.ts';
import type { MongoPermit } from './permit.ts';

/** What one lease adds to the driver's calls. */
export class LeaseCarrier implements Carrier {
  readonly #lease: Lease<MongoPermit>;
  readonly #call: Call | undefined;
  readonly #warn: (options: object) => void;
  #signal: AbortSignal | undefined = undefined;

  constructor(lease: Lease<MongoPermit>, call: Call | undefined, warn: (options: object) => void) {
    this.#lease = lease;
    this.#call = call;
    this.#warn = warn;
  }

  get session(): ClientSession {
    return this.#lease.connection.session;
  }

  get signal(): AbortSignal {
    this.#signal ??=
      this.#call === undefined
        ? this.#lease.connection.signal
        : AbortSignal.any([this.#lease.connection.signal, this.#call.signal]);
    return this.#signal;
  }

  remainingMs(): number | undefined {
    return this.#call?.remainingMs();
  }

  keep(cursor: Closable): void {
    this.#lease.connection.keep(cursor);
  }

  warnOf(options: object): void {
    this.#warn(options);
  }
}
