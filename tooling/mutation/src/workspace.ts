import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = ['package.json', 'tsconfig.base.json', 'packages/core', 'packages/testing', 'tooling/vitest'];

// Processes, types and documents are tested, which no mutant can change, or no mutant is awake in.
const LEFT_OUT = ['process', 'types', 'readme', 'system-clock', 'options'].map(
  (name) => `test/${name}.test.ts`,
);
const VITEST_CONFIG = `import { mergeConfig } from 'vitest/config';
import { config } from '../../tooling/vitest/config.ts';

export default mergeConfig(config, { test: { exclude: ${JSON.stringify(LEFT_OUT)}, isolate: false, reporters: [] } });
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
  return { core, remove: () => rm(root, { recursive: true, force: true }) };
}
