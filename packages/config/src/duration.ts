const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, or a whole number with its unit: `'500ms'`, `'30s'`, `'5m'`, `'1h'`, `'1d'`; `'never'` has no end. */
export type Duration = number | `${number}${keyof typeof UNITS}` | 'never';

// Without look-around, so that the published schema means the same to every regular expression engine.
export const DURATION: RegExp = /^[1-9][0-9]*(ms|s|m|h|d)$/;
export const DURATION_OR_ZERO: RegExp = /^[0-9]+(ms|s|m|h|d)$/;

/** @param duration one that was checked */
export function toMs(duration: number | string): number {
  if (typeof duration === 'number') return duration;
  if (duration === 'never') return Infinity;
  const [, amount, unit] = /^([0-9]+)([a-z]+)$/.exec(duration)!;
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** The shortest way to write it. */
export function toDuration(ms: number): Duration {
  if (ms === Infinity) return 'never';
  const units = Object.entries(UNITS).toReversed() as [keyof typeof UNITS, number][];
  const [unit, size] = units.find(([, length]) => ms > 0 && ms % length === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
