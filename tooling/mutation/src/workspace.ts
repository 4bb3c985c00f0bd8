import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = ['package.json', 'tsconfig.base.json', 'packages/core', 'packages/testing', 'tooling/vitest'];

// No mutant is awake in the processes, types and documents that some test. The long random ones give way to SIMULATION.
const LEFT_OUT = [
  'process',
  'types',
  'readme',
  'system-clock',
  'options',
  'histogram',
  'transaction',
  'model',
  'settles',
];

/** Kills most mutants in a moment, and so comes first. Does not shrink what it finds, as `simulate` would. */
const SIMULATION = `import { planOf, replay } from '@pool/testing';
import { expect, test } from 'vitest';

test('the simulation finds nothing', async () => {
  for (let seed = 1; seed <= 60; seed++) expect((await replay(planOf(seed, 120))).broken).toEqual([]);
}, 60_000);
`;

const VITEST_CONFIG = `import { mergeConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import { config } from '../../tooling/vitest/config.ts';

class SimulationFirst extends BaseSequencer {
  async sort(files) {
    const isFirst = ({ moduleId }) => moduleId.endsWith('/simulation.test.ts');
    return (await super.sort(files)).toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
  }
}

export default mergeConfig(config, {
  test: {
    exclude: ${JSON.stringify(LEFT_OUT.map((name) => `test/${name}.test.ts`))},
    isolate: false,
    reporters: [],
    sequence: { sequencer: SimulationFirst },
    testTimeout: 7_000,
  },
});
`;

/** A copy of what the tests of the core need. The sister packages in it see its sources, mutated as they are. */
export interface Workspace {
  /** Of the copy's package of the core. */
  readonly core: string;
  remove(): Promise<void>;
}

export async function copyWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'pool-mutation-'));
  await mkdir(join(root, 'packages'));
  await mkdir(join(root, 'tooling'));
  // The links of pnpm are relative, so that they lead into the copy.
  for (const path of COPIED)
    await cp(join(ROOT, path), join(root, path), { recursive: true, verbatimSymlinks: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const core = join(root, 'packages/core');
  await writeFile(join(core, 'vitest.mutation.config.ts'), VITEST_CONFIG);
  await writeFile(join(core, 'test/simulation.test.ts'), SIMULATION);
  return { core, remove: () => rm(root, { recursive: true, force: true }) };
}
