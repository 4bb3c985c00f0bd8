const internal = (...names: string[]): string[] => names.map((name) => `src/internal/${name}.ts`);

/** What is mutated by default: who is lent which connection, and when. With the structures that these are made of. */
export const TARGETS: readonly string[] = [
  'src/pool.ts',
  ...internal('slots', 'slot-list', 'wait-queue', 'connector', 'backoff', 'deadlines', 'bucket'),
];

/** With `--all` these too. */
export const MORE_TARGETS: readonly string[] = internal(
  'lending',
  'disposer',
  'validator',
  'maintainer',
  'waiting-room',
  'admission',
  'bounded',
);
