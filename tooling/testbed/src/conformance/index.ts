import { cancellation } from './cancellation.ts';
import type { Check } from './check.ts';
import { close } from './close.ts';
import { failure } from './failure.ts';
import { fairness } from './fairness.ts';
import { lifecycle } from './lifecycle.ts';
import { mixed } from './mixed.ts';
import { outage } from './outage.ts';
import { session } from './session.ts';
import { stream } from './stream.ts';
import { transactions } from './transactions.ts';
import { validation } from './validation.ts';

/** Every check, by topic. */
export const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  lifecycle,
  fairness,
  validation,
  'reset and session': session,
  streams: stream,
  failure,
  outage,
  cancellation,
  transactions,
  'everything at once': mixed,
  close,
};
