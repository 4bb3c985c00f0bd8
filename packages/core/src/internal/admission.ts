// Owns what happens to a caller that cannot be served in the same tick: it is refused at once, or joins the queue.

import type { Parts } from './parts.ts';
import { ConnectError, NestedAcquireError, PoolClosedError, QueueFullError } from '../errors.ts';
import type { AcquireFailure } from '../events.ts';
import type { Lease } from '../lease.ts';
import { type AcquireOptions, checkOption } from '../options.ts';
import type { ConnectFailure } from './backoff.ts';
import type { Connector } from './connector.ts';
import { errorCode } from './error-code.ts';
import type { Lending } from './lending.ts';
import type { Nesting } from './nesting.ts';
import type { Overview } from './overview.ts';
import { LEASED } from './slot.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface AdmissionParts<C> extends Parts<C> {
  readonly connector: Connector<C>;
  readonly lending: Lending<C>;
  readonly room: WaitingRoom<C>;
  readonly overview: Overview<C>;
  readonly nesting: Nesting<C> | undefined;
}

interface Refusal {
  readonly reason: AcquireFailure;
  readonly error: unknown;
}

export class Admission<C> {
  readonly #parts: AdmissionParts<C>;

  constructor(parts: AdmissionParts<C>) {
    this.#parts = parts;
  }

  /** Serves, queues or refuses a caller. Never throws: every answer is the promise's. */
  admit(
    options: AcquireOptions,
    site: object | undefined,
    maxWaiting: number = this.#parts.options.maxWaiting,
  ): Promise<Lease<C>> {
    const { lending, room, nesting } = this.#parts;
    const refused = this.#wrongCall(options);
    if (refused !== undefined) return this.#refuse(refused, options);
    const lease = lending.tryLend(options.label, site);
    if (lease !== undefined) return Promise.resolve(lease);
    const hopeless = this.#hopeless(maxWaiting);
    if (hopeless !== undefined) return this.#refuse(hopeless, options);

    const unblock = nesting?.block();
    const deadlock = unblock && this.#deadlock();
    if (deadlock !== undefined) {
      unblock!();
      return this.#refuse(deadlock, options);
    }
    const promise = room.enter(
      options,
      options.timeoutMs ?? this.#parts.options.acquireTimeoutMs,
      site,
      unblock,
    );
    lending.start();
    lending.pump();
    return promise;
  }

  /** P12: what is told to whoever waits on a pool without a living connection. */
  connectError(failure: ConnectFailure): ConnectError {
    const { options } = this.#parts;
    const hopeless = failure.kind === 'fatal' ? ', and retrying will not help' : '';
    const message = `cannot connect${hopeless}: ${errorCode(failure.error)}`;
    return new ConnectError({
      pool: options.name,
      attempts: failure.attempts,
      message,
      cause: failure.error,
    });
  }

  #wrongCall(options: AcquireOptions): Refusal | undefined {
    const { name } = this.#parts.options;
    if (options.timeoutMs !== undefined) {
      try {
        checkOption(name, 'acquireTimeoutMs', options.timeoutMs, 'timeoutMs');
      } catch (error) {
        return { reason: 'invalid', error };
      }
    }
    return options.signal?.aborted === true ? { reason: 'aborted', error: options.signal.reason } : undefined;
  }

  #hopeless(maxWaiting: number): Refusal | undefined {
    const { options, lending, connector, slots, room, overview } = this.#parts;
    const { name } = options;
    if (lending.phase === 'closing' || lending.phase === 'closed') {
      return { reason: 'closed', error: new PoolClosedError(name) };
    }
    if (connector.isBroken && slots.living === 0)
      return { reason: 'connect', error: this.connectError(connector.failure!) };
    if (room.length < maxWaiting) return undefined;
    // With no place to wait at all, a connection is opened for callers to come.
    lending.start();
    if (maxWaiting === 0) lending.pump(1);
    const stats = overview.stats();
    const diagnosis = overview.diagnosis(stats);
    return { reason: 'queue-full', error: new QueueFullError({ pool: name, maxWaiting, stats, diagnosis }) };
  }

  #deadlock(): Refusal | undefined {
    const { nesting, lending, slots, overview, options } = this.#parts;
    if (slots.count(LEASED) < lending.max || nesting!.blockedLeases < lending.max) return undefined;
    const outer = overview.describeLease(nesting!.held!);
    return {
      reason: 'nested',
      error: new NestedAcquireError({ pool: options.name, outer, stats: overview.stats() }),
    };
  }

  #refuse({ reason, error }: Refusal, options: AcquireOptions): Promise<never> {
    const { recorder, events } = this.#parts;
    if (reason === 'aborted') recorder.aborted++;
    else recorder.refused++;
    if (events.listening['acquire:failed']) {
      const labelled = options.label === undefined ? {} : { label: options.label };
      events.emit('acquire:failed', { reason, error, waitMs: 0, ...labelled });
    }
    return Promise.reject(error);
  }
}
