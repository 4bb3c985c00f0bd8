export type DiagnosisKind = 'unreachable' | 'held-too-long' | 'leak-suspected' | 'overload';

/** The likeliest cause of exhaustion, in one sentence for the person on call. */
export interface Diagnosis {
  readonly kind: DiagnosisKind;
  readonly message: string;
}

/** One lease of those held longest. */
export interface HeldLease {
  readonly label?: string;
  readonly heldMs: number;
  /** The first line of its acquire's call stack, when that was sampled. */
  readonly site?: string;
}

/** What a diagnosis is made of; all durations milliseconds. */
export interface DiagnosisInput {
  readonly max: number;
  readonly leased: number;
  readonly leakThresholdMs: number;
  readonly oldest: HeldLease | undefined;
  readonly connectFailure:
    | { readonly code: string; readonly attempts: number; readonly forMs: number }
    | undefined;
  /** What the driver knows of the server by itself. */
  readonly outage?: { readonly what: string; readonly forMs: number; readonly code?: string } | undefined;
  /** Acquires a second, lately. */
  readonly arrivalsPerSecond: number;
  /** Mean of the leases that ended lately. */
  readonly meanUseMs: number;
}

// A lease this many times longer than the mean is what exhausts the pool, and not the load.
const OUTLIER = 20;
const LEAST_OUTLIER_MS = 50;

/** Says why callers wait: in this order the server, a leak, a lease held too long, or plain load. */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const { connectFailure, oldest, outage, max } = input;
  if (outage !== undefined) {
    const last = outage.code === undefined ? '' : ` (last error: ${outage.code})`;
    return { kind: 'unreachable', message: `${outage.what} for ${seconds(outage.forMs)}${last}` };
  }
  if (connectFailure !== undefined && input.leased < max) {
    const { forMs, attempts, code } = connectFailure;
    return {
      kind: 'unreachable',
      message: `the server cannot be reached for ${seconds(forMs)} (${attempts} failed attempts, last: ${code})`,
    };
  }
  if (oldest !== undefined && oldest.heldMs >= input.leakThresholdMs) {
    return { kind: 'leak-suspected', message: `a leak is suspected: ${describeHeld(oldest)}` };
  }
  if (oldest !== undefined && oldest.heldMs >= Math.max(OUTLIER * input.meanUseMs, LEAST_OUTLIER_MS)) {
    return { kind: 'held-too-long', message: `connections are held too long: ${describeHeld(oldest)}` };
  }
  return { kind: 'overload', message: describeLoad(input) };
}

function describeHeld({ heldMs, label, site }: HeldLease): string {
  const by = [label === undefined ? '' : ` by "${label}"`, site === undefined ? '' : ` ${site}`].join('');
  return `one is held for ${seconds(heldMs)}${by === '' ? ' (label your acquires to see by whom)' : by}`;
}

/** Little's law: connections in use = arrivals a second x seconds in use. */
function describeLoad({ arrivalsPerSecond, meanUseMs, max }: DiagnosisInput): string {
  const needed = (arrivalsPerSecond * meanUseMs) / 1000;
  const rate = `${arrivalsPerSecond.toFixed(1)} acquires/s x ${meanUseMs.toFixed(1)} ms`;
  return `overload: ${rate} in use needs ${Math.max(1, Math.ceil(needed))} connections, max is ${max}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
