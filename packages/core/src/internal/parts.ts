import type { Clock } from '../clock.ts';
import type { Factory } from '../factory.ts';
import type { ResolvedOptions } from '../options.ts';
import type { EventHub } from './event-hub.ts';
import type { Recorder } from './recorder.ts';
import type { Slots } from './slots.ts';

/** What the rooms of one pool share. Each says beside it what else it needs. */
export interface Parts<C> {
  readonly factory: Factory<C>;
  readonly clock: Clock;
  readonly options: ResolvedOptions;
  readonly slots: Slots<C>;
  readonly events: EventHub;
  readonly recorder: Recorder;
}
