import type { OptionKind } from '@pool/core';
import { z } from 'zod';
import { DURATION, DURATION_OR_ZERO, toDuration, toMs } from './duration.ts';

/** What values a setting takes: the core's kinds, and what only adapters have. */
export type Kind =
  | Exclude<OptionKind, { type: 'count' }>
  | (Extract<OptionKind, { type: 'count' }> & { readonly most?: number })
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'url'; readonly example: string }
  | { readonly type: 'list' }
  | { readonly type: 'map' };

type KindOf<T extends Kind['type']> = Extract<Kind, { readonly type: T }>;

interface Meaning<K extends Kind> {
  /** For people: completes "expected …". */
  expected(kind: K): string;
  /** A text of the environment or a URL as the value it stands for; as it is when it stands for none. */
  fromText(text: string): unknown;
  schema(kind: K): z.ZodType;
  /** A text that would do: the default, when there is one. */
  example(kind: K, byDefault: unknown): string;
}

const asIs = (text: string): string => text;
const toInteger = (text: string): unknown => (/^[0-9]+$/.test(text) ? Number(text) : text);
const toNumber = (text: string): unknown => (/^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : text);

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

const durationSchema = (id: string, ms: z.ZodNumber, text: RegExp): z.ZodType =>
  z
    .union([ms, z.string().regex(text), z.literal('never')])
    .meta({ id })
    .transform(toMs);

// One of each: they are definitions of the JSON Schema.
const DURATION_SCHEMA = durationSchema('Duration', z.number().gt(0), DURATION);
const DURATION_OR_ZERO_SCHEMA = durationSchema('DurationOrZero', z.number().min(0), DURATION_OR_ZERO);

const MEANINGS: { readonly [T in Kind['type']]: Meaning<KindOf<T>> } = {
  text: {
    expected: () => 'a text that is not empty',
    fromText: asIs,
    schema: () => z.string().min(1),
    example: () => 'orders',
  },
  url: {
    expected: () => 'a URL',
    fromText: asIs,
    schema: () => z.string().min(1),
    example: ({ example }) => example,
  },
  flag: {
    expected: () => 'true or false',
    fromText: (text) => FLAGS[text.toLowerCase()] ?? text,
    schema: () => z.boolean(),
    example: () => 'true',
  },
  share: {
    expected: () => 'a number from 0 to 1',
    fromText: toNumber,
    schema: () => z.number().min(0).max(1),
    example: (_kind, byDefault) => String(byDefault),
  },
  count: {
    expected: ({ least, most, orInfinity }) =>
      most === undefined
        ? `an integer of at least ${least}${orInfinity ? ', or unlimited' : ''}`
        : `an integer from ${least} to ${most}`,
    fromText: toInteger,
    schema({ least, most, orInfinity }) {
      const count = most === undefined ? z.int().min(least) : z.int().min(least).max(most);
      if (!orInfinity) return count;
      return z
        .union([count, z.literal('unlimited')])
        .transform((value) => (value === 'unlimited' ? Infinity : value));
    },
    example: ({ least }, byDefault) =>
      byDefault === Infinity
        ? 'unlimited'
        : String(typeof byDefault === 'number' ? byDefault : Math.max(least, 2)),
  },
  duration: {
    expected: ({ orZero }) =>
      `a duration ${orZero ? 'of at least' : 'above'} 0 such as 500ms, 30s, 5m or 1h, a number of milliseconds, or never`,
    fromText: toInteger,
    schema: ({ orZero }) => (orZero ? DURATION_OR_ZERO_SCHEMA : DURATION_SCHEMA),
    example: (_kind, byDefault) => String(toDuration(typeof byDefault === 'number' ? byDefault : 30_000)),
  },
  choice: {
    expected: ({ values }) => values.join(' or '),
    fromText: asIs,
    schema: ({ values }) => z.enum(values as [string, ...string[]]),
    example: ({ values }) => values[0] ?? '',
  },
  list: {
    expected: () => 'a list of texts that are not empty',
    fromText: (text) => text.split(',').map((part) => part.trim()),
    schema: () => z.array(z.string().min(1)),
    example: () => 'postgres://user:password@replica1/database,postgres://user:password@replica2/database',
  },
  map: {
    expected: () => 'an object of texts, numbers and booleans',
    fromText: asIs,
    schema: () => z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    example: () => '{ cache_size: -64000 }',
  },
};

/** What the kind is, told by its name; the type of a kind and of its meaning always agree. */
function meaningOf<K extends Kind>(kind: K): Meaning<K> {
  return MEANINGS[kind.type] as unknown as Meaning<K>;
}

export const expectedOf = (kind: Kind): string => meaningOf(kind).expected(kind);
export const valueOfText = (kind: Kind, text: string): unknown => meaningOf(kind).fromText(text);
export const exampleOf = (kind: Kind, byDefault?: unknown): string =>
  meaningOf(kind).example(kind, byDefault);
export const schemaOfKind = (kind: Kind): z.ZodType => meaningOf(kind).schema(kind);
