import Database from 'better-sqlite3';

/** A query that costs time and nothing else; its parameter says how much. */
export const WORK = `WITH RECURSIVE step(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM step WHERE i < ?)
  SELECT sum(i) AS total FROM step`;

const PROBE_STEPS = 10_000;
const PROBES = 50;

/** The parameter with which `WORK` takes so long on this machine. */
export function stepsFor(ms: number): number {
  const database = new Database(':memory:');
  const work = database.prepare(WORK);
  const probes = Array.from({ length: PROBES }, () => {
    const start = performance.now();
    work.get(PROBE_STEPS);
    return performance.now() - start;
  });
  database.close();
  // The fastest one: whatever disturbs a probe makes it slower.
  return Math.round((PROBE_STEPS * ms) / Math.min(...probes));
}
