export { defineConfig } from './define-config.ts';
export {
  loadConfig,
  type LoadAllOptions,
  type Loaded,
  type LoadedDatabases,
  type LoadOptions,
} from './load-config.ts';
export { parseConfig } from './parse-config.ts';
export { ConfigError, type ConfigProblem } from './config-error.ts';
export { PRESETS, type Preset, type PresetName } from './presets.ts';

// what is said, and what becomes of it
export type { Driver } from './drivers.ts';
export type { Duration } from './duration.ts';
export type { Environment } from './environment.ts';
export type { Config, ConfigInput, Configs, DatabaseInput, DatabaseSettings, PoolInput } from './types.ts';

// for other validators
export {
  configSchema,
  environmentSchema,
  variableSchemas,
  type JsonSchemaTarget,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from './standard.ts';

// how many connections
export {
  connectionsForServer,
  connectionsForThroughput,
  connectionsForWait,
  connectionsPerInstance,
  sizePool,
  type ShareOptions,
  type SizeOptions,
  type Sizing,
  type OfferedLoad,
  type WaitOptions,
} from './sizing.ts';
export { checkFleet, type Fleet, type FleetCheck } from './fleet.ts';
