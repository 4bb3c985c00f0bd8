// `npm run check`: everything about the code that can be said without running it. All steps run, even after a failure.
import { exec } from './exec.mjs';
import { packages } from './packages.mjs';

const steps = {
  format: (env) => exec('oxfmt', ['--check'], { env }),
  lint: (env) => exec('oxlint', ['--type-aware', '--deny-warnings'], { env }),
  types: async (env) => {
    const configs = await exec('tsc', [], { env });
    return (await exec('turbo', ['run', 'typecheck', '--continue'], { env })) || configs;
  },
  boundaries: (env) => exec('depcruise', ['packages', 'apps', 'tooling'], { env }),
  unused: (env) => exec('knip', [], { env }),
  build: (env) => exec('turbo', ['run', 'build', '--continue'], { env }),
  packages,
};

export async function check(_args, env) {
  const results = [];
  for (const [name, step] of Object.entries(steps)) {
    console.log(`\n── ${name}`);
    const start = performance.now();
    const ok = (await step(env)) === 0;
    results.push({ name, ok, seconds: (performance.now() - start) / 1000 });
  }
  console.log('\n── summary');
  for (const { name, ok, seconds } of results) {
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}
