import { defineConfig, type ViteUserConfig } from 'vitest/config';

const SOURCE = '@pool/source';

/** How every package is tested: sister packages from their sources, results also as JSON for `npm test` to add up. */
export const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: [SOURCE, 'module', 'node', 'development|production'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // Worker threads that a test starts resolve sister packages the same way.
    execArgv: [`--conditions=${SOURCE}`],
    reporters: ['default', ['json', { outputFile: 'test-results/results.json' }]],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html'] },
  },
});
