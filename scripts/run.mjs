// The one door to every command: `npm run <command> -- [args]` needs nothing but Node.js >= 20 and npm.
// It brings pnpm, the dependencies and a Node.js able to run TypeScript, then hands over.
import { check } from './check.mjs';
import { runSource, demoMain } from './sources.mjs';
import { test } from './test.mjs';
import { exec, fail } from './exec.mjs';
import { ensurePnpm, prepare } from './toolchain.mjs';

const turboRun = (task) => (args, env) => exec('turbo', ['run', task, ...args], { env });

const commands = {
  demo: (args, env) => {
    const { main, rest } = demoMain(args);
    return runSource(main, rest, env);
  },
  bench: (args, env) => runSource('tooling/bench/src/main.ts', args, env),
  torture: (args, env) => runSource('tooling/torture/src/main.ts', args, env),
  mutate: (args, env) => runSource('tooling/mutation/src/main.ts', args, env),
  simulate: (args, env) => runSource('tooling/simulate/src/main.ts', args, env),
  test,
  check,
  build: turboRun('build'),
  typecheck: turboRun('typecheck'),
  coverage: turboRun('coverage'),
  // For the release workflow, after `npm run check`.
  release: async (_args, env) =>
    (await exec('turbo', ['run', 'build'], { env })) || exec('changeset', ['publish'], { env }),
  async fix(args, env) {
    const format = await exec('oxfmt', args, { env });
    const lint = await exec('oxlint', ['--type-aware', '--fix', ...args], { env });
    return format || lint;
  },
};

const [name, ...args] = process.argv.slice(2);
if (name === 'pnpm') {
  // For what only pnpm can do: `npm run pnpm -- add …`, `npm run pnpm -- changeset`.
  const env = await ensurePnpm();
  process.exitCode = await exec('pnpm', args, { env });
} else if (Object.hasOwn(commands, name ?? '')) {
  const env = await prepare();
  process.exitCode = await commands[name](args, env);
} else {
  fail(`unknown command ${name ?? '(none)'}; there are: ${[...Object.keys(commands), 'pnpm'].join(', ')}`);
}
