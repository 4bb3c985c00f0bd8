import { availableParallelism, cpus, loadavg } from 'node:os';

/** What one has to know to compare figures of two runs. */
export function describeMachine(): string {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown cpu';
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `${cpu}, ${availableParallelism()} cores, ${process.platform} ${process.arch}, Node.js ${process.version}, load ${load}`;
}
