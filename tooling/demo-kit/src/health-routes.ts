import { type HistogramSnapshot, type PoolMetrics } from '@pool/core';
import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Bank } from './bank.ts';
import { type Pools } from './pool-figures.ts';
import { type Health, type Readiness } from './readiness.ts';

/** `/livez`, `/readyz`, `/stats`. */
export function addHealthRoutes(app: FastifyInstance, bank: Bank, readiness: Readiness): void {
  // Alive is this process. A database that is down must not get it restarted: the next one would find it down, too.
  app.get('/livez', (_request, reply) => answer(reply, 'pass', {}));
  app.get('/readyz', async (_request, reply) => answer(reply, await readiness.health(), bank.pools()));
  app.get('/stats', () =>
    Object.fromEntries(Object.entries(bank.pools()).map(([role, metrics]) => [role, describePool(metrics)])),
  );
}

/** The body of draft-inadarei-api-health-check. */
function answer(reply: FastifyReply, status: Health, pools: Pools): FastifyReply {
  const checks = Object.entries(pools).map(([role, { gauges }]) => [
    `${role}:connections`,
    [{ componentType: 'datastore', observedValue: gauges.leased, observedUnit: 'leased' }],
  ]);
  const body = checks.length === 0 ? { status } : { status, checks: Object.fromEntries(checks) };
  return reply
    .code(status === 'fail' ? 503 : 200)
    .header('cache-control', 'no-store')
    .type('application/health+json')
    .send(JSON.stringify(body));
}

/** In the core's words, without the buckets, which are many. */
function describePool({ counters, gauges, waitMs, useMs, createMs }: PoolMetrics): object {
  return {
    gauges,
    counters,
    waitMs: quantilesOf(waitMs),
    useMs: quantilesOf(useMs),
    createMs: quantilesOf(createMs),
  };
}

function quantilesOf({ count, mean, p50, p90, p99, max }: HistogramSnapshot): object {
  return { count, mean, p50, p90, p99, max };
}
