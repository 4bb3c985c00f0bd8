// For the test files of adapters.
export { describeAdapter } from './describe-adapter.ts';
export {
  CAPABILITIES,
  CAPABILITY_NAMES,
  inconsistencies,
  type Adapter,
  type AdapterLease,
  type AdapterPool,
  type CancelActions,
  type Capability,
  type Savepoint,
  type SessionActions,
  type TableActions,
} from './conformance/adapter.ts';
export { CHECKS } from './conformance/index.ts';
export { missingFor, runCheck, type Check, type CheckOptions } from './conformance/check.ts';
export {
  FaultProxy,
  startFaultProxy,
  type Address,
  type Direction,
  type FaultProxyOptions,
  type ProxyCounts,
} from './fault-proxy.ts';
