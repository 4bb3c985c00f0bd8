import { defineConfig, type UserConfig } from 'tsdown';

/** How every published package is built: one readable ES module per source file, with types and source maps. */
export function library(entry: string[]): UserConfig {
  return defineConfig({
    entry,
    unbundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.12',
    // `.js` and `.d.ts`: the packages say "type": "module", so `.mjs` would only be noise.
    fixedExtension: false,
    dts: { sourcemap: true },
    sourcemap: true,
    logLevel: 'warn',
  });
}
