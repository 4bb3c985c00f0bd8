// What zod found, in words that help and hold no value that was given.
import type { z } from 'zod';
import type { Draft } from './draft.ts';
import { traitsOf, type Driver } from './drivers.ts';
import { expectedOf } from './kind.ts';
import { nearest } from './nearest.ts';
import { keyOf, ownSettingsOf, poolSettingsOf, settingsOf, snakeCaseOf, type Setting } from './setting.ts';

export function tellIssue(draft: Draft, issue: z.core.$ZodIssue): void {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) tellUnknownKey(draft, path, key);
    return;
  }
  const [place, inner] = path;
  // A map's entries have paths of their own; what is expected is told of the map.
  const setting = settingsOf(draft.driver).find(
    ({ path: [first, second] }) => first === place && (second ?? inner) === inner,
  );
  if (setting !== undefined) draft.refuse(setting.path, expectedOf(setting.kind), setting.example);
  else draft.refuse(path, ...expectedBeside(draft.driver, place ?? ''));
}

/** Of what is no setting. */
function expectedBeside(driver: Driver, key: string): [expected: string, example?: string] {
  const known: Record<string, [string, string?]> = {
    url: ['a text that is not empty', traitsOf(driver).exampleUrl],
    password: ['a text that is not empty'],
    pool: ['an object'],
    connection: ['an object'],
  };
  return known[key] ?? ['another value'];
}

function tellUnknownKey(draft: Draft, path: readonly string[], name: string): void {
  const { where } = draft.placeOf([...path, name]);
  const { driver } = draft;
  if (path[0] === 'pool') tellUnknown(draft, { where, name, settings: poolSettingsOf(driver) });
  else if (name === 'password') {
    draft.problems.push({ where, expected: 'nothing here: a file has no password' });
  } else tellUnknown(draft, { where, name, settings: [...ownSettingsOf(driver), ...BESIDE] });
}

const BESIDE = ['driver', 'url', 'password', 'preset', 'pool', 'connection'].map((key) => ({ key }));

export interface Unknown {
  readonly where: string;
  /** In any spelling. */
  readonly name: string;
  /** Those that may be there. */
  readonly settings: readonly Pick<Setting, 'key'>[];
  /** How a key is spelled there. */
  readonly spell?: (key: string) => string;
}

/** A name that there is not, or not for this driver. */
export function tellUnknown(
  { driver, problems }: Draft,
  { where, name, settings, spell = (key) => key }: Unknown,
): void {
  const plain = snakeCaseOf(name).toLowerCase();
  const { refused } = traitsOf(driver);
  const refusal = Object.entries(refused).find(([option]) => snakeCaseOf(keyOf(option)) === plain);
  if (refusal !== undefined) {
    const [, { why, instead }] = refusal;
    const write = instead === undefined ? {} : { write: spell(instead) };
    problems.push({ where, expected: `nothing here: ${driver} cannot honour it, ${why}`, ...write });
    return;
  }
  const keys = settings.map(({ key }) => key);
  const found = nearest(plain.replace(/_(ms|millis|seconds)$/, ''), keys.map(snakeCaseOf));
  const near = keys.find((key) => snakeCaseOf(key) === found);
  const expected = near === undefined ? `one of ${keys.map(spell).join(', ')}` : 'an option that exists';
  problems.push({ where, expected, ...(near === undefined ? {} : { write: spell(near) }) });
}
