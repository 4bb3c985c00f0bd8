import type { ConnectFailureKind, PoolEventName } from '@pool/core';
import type { Behaviour, Step } from '../script.ts';

type Plain<N> = N extends unknown ? { readonly do: N } : never;
type Pointed<N> = N extends unknown ? { readonly do: N; readonly which: number } : never;

/** `which` picks, of the connections, leases or callers there are, one of the latest. */
export type Act =
  /** Without a time limit of its own: a plain `acquire()`. */
  | { readonly do: 'acquire'; readonly timeoutMs?: number }
  | { readonly do: 'use'; readonly ms: number; readonly ends: 'returns' | 'throws' | 'rejects' | 'destroys' }
  | Plain<'tryAcquire' | 'ready' | 'pause' | 'resume' | 'close'>
  | Pointed<'release' | 'destroy' | 'touch' | 'abort' | 'break' | 'evict'>
  /** The driver reports a connection dead, so many times in a row. */
  | { readonly do: 'lose'; readonly which: number; readonly times: number }
  | { readonly do: 'resize'; readonly max: number; readonly min: number }
  | { readonly do: 'clear'; readonly interrupt: boolean };

export type Happening =
  /** `compute` moves time within the turn; `stall` blocks the event loop, and at its end a release arrives. */
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'compute'; readonly ms: number }
  | { readonly do: 'stall'; readonly ms: number; readonly which: number }
  /** What the factory does from now on, or in its next call. */
  | {
      readonly do: 'fault';
      readonly step: Step;
      readonly behaviour: Behaviour;
      readonly once: boolean;
      readonly kind: ConnectFailureKind | 'throws';
    }
  /** The next connection is reported lost while it is being opened. */
  | { readonly do: 'stillborn'; readonly when: 'at once' | 'before it is there' | 'as it is there' }
  /** From now on the driver takes every connection for broken, or no longer so. */
  | { readonly do: 'sicken'; readonly isSick: boolean }
  /** A listener of the next such event does this. */
  | { readonly do: 'meddle'; readonly event: PoolEventName; readonly act: Act };

/** One step of a simulation. Plain data: it can be printed, replayed, and left out. */
export type Action = (Act | Happening) & {
  /** The next step comes in the same turn of the event loop, before anything settles. */
  readonly sameTurn?: boolean;
};
