export { config as default } from '../../tooling/vitest/config.ts';
