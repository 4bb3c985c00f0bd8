import type { ClientSession } from 'mongodb';
import type { Lease } from '@pool/core';
import type { Call } from './call.ts';
import type { Carrier, Closable } from './carry.ts';
import type { MongoPermit } from './permit.ts';

/** What all leases of a pool have in common. */
export interface LeaseTerms {
  /** Whether reads are stopped when the pool takes their lease away: listening for it costs each read some microseconds. */
  readonly stopsReads: boolean;
  warnOf(options: object): void;
}

/** What one lease adds to the driver's calls. */
export class LeaseCarrier implements Carrier {
  readonly #lease: Lease<MongoPermit>;
  readonly #call: Call | undefined;
  readonly #terms: LeaseTerms;
  #signal: AbortSignal | undefined = undefined;

  constructor(lease: Lease<MongoPermit>, call: Call | undefined, terms: LeaseTerms) {
    this.#lease = lease;
    this.#call = call;
    this.#terms = terms;
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

  get readSignal(): AbortSignal | undefined {
    return this.#call !== undefined || this.#terms.stopsReads ? this.signal : undefined;
  }

  remainingMs(): number | undefined {
    return this.#call?.remainingMs();
  }

  keep(cursor: Closable): void {
    this.#lease.connection.keep(cursor);
  }

  warnOf(options: object): void {
    this.#terms.warnOf(options);
  }
}
