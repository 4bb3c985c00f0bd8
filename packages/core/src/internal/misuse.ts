// Owns what is said of a lease that is ended twice or used after its end.

import { LeaseEndedError } from '../errors.ts';
import type { Lease, LeaseEnd } from '../lease.ts';
import type { EventHub } from './event-hub.ts';
import type { Recorder } from './recorder.ts';
import { captureSite, formatSite } from './sites.ts';

export class Misuse {
  readonly #pool: string;
  readonly #events: EventHub;
  readonly #recorder: Recorder;

  constructor(pool: string, events: EventHub, recorder: Recorder) {
    this.#pool = pool;
    this.#events = events;
    this.#recorder = recorder;
  }

  /** Remembers where the borrower ended the lease. */
  noteEnd<C>(lease: Lease<C>, acquiredAt: object): void {
    lease.noteEnd({
      by: 'borrower',
      description: 'had ended already',
      acquiredAt,
      endedAt: captureSite(this.noteEnd),
    });
  }

  /** Counts a misuse; reports the first of each lease, unless the error reaches the borrower anyway. */
  note<C>(
    lease: Lease<C>,
    end: LeaseEnd | undefined,
    verb: 'released' | 'destroyed' | 'used',
  ): LeaseEndedError {
    this.#recorder.misused++;
    const how = end?.by === 'pool' ? end.description : 'had ended already';
    const message = `is ${verb}, but it ${how}${describeSites(end)}`;
    const error = new LeaseEndedError({ pool: this.#pool, leaseId: lease.id, message, cause: end?.cause });
    if (verb !== 'used' && end?.isReported !== true) {
      lease.noteEnd({ ...(end ?? { by: 'borrower', description: how }), isReported: true });
      this.#events.report('lease', error);
    }
    return error;
  }
}

function describeSites(end: LeaseEnd | undefined): string {
  const acquired = formatSite(end?.acquiredAt);
  const ended = formatSite(end?.endedAt);
  const places = [
    acquired === undefined ? '' : `\nacquired:\n${acquired}`,
    ended === undefined ? '' : `\nended:\n${ended}`,
  ];
  return places.join('');
}
