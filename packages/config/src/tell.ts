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

function tellUnknownKey(draft: Draft, path: readonly string[], key: string): void {
  const { where } = draft.placeOf([...path, key]);
  const spell = (known: string): string => known;
  if (path[0] === 'pool') tellUnknownName(draft, where, key, spell, poolSettingsOf(draft.driver));
  else if (key === 'password')
    draft.problems.push({ where, expected: 'nothing here: a file has no password' });
  else tellUnknownName(draft, where, key, spell, [...ownSettingsOf(draft.driver), ...BESIDE]);
}

const BESIDE = ['driver', 'url', 'password', 'preset', 'pool', 'connection'].map((key) => ({ key }));

/**
 * A name that there is not, or not for this driver.
 *
 * @param name in any spelling
 * @param spell how it is spelled there
 * @param settings those that may be there
 */
export function tellUnknownName(
  { driver, problems }: Draft,
  where: string,
  name: string,
  spell: (key: string) => string,
  settings: readonly Pick<Setting, 'key'>[] = settingsOf(driver),
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
