import type { Suite } from './suite.ts';

/** By name, each loaded only when it runs: a suite brings its own drivers. */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  core: async () => (await import('./core/suite.ts')).coreSuite,
  mongodb: async () => (await import('./mongodb/suite.ts')).mongodbSuite,
  mysql: async () => (await import('./mysql/suite.ts')).mysqlSuite,
  postgres: async () => (await import('./postgres/suite.ts')).postgresSuite,
  sqlite: async () => (await import('./sqlite/suite.ts')).sqliteSuite,
};

export const SUITE_NAMES: readonly string[] = Object.keys(SUITES);

/** @throws {RangeError} when there is no such suite */
export async function loadSuite(name: string): Promise<Suite> {
  const load = SUITES[name];
  if (load === undefined) throw new RangeError(`no suite "${name}"; there are: ${SUITE_NAMES.join(', ')}`);
  return load();
}
