import { bestPeer, type Results, type Roles, type Target, type Verdict } from '../suite.ts';

/** At least so many times the figure of the fastest peer, and of the limit. */
function faster(roles: Roles, scenario: string, least: { peer: number; limit?: number }): Target {
  const text = [
    `at least ${least.peer}x the fastest peer`,
    ...(least.limit === undefined ? [] : [`${least.limit}x the ${roles.reference}`]),
  ].join(' and ');
  return {
    scenario,
    text,
    judge(results) {
      const ours = valueOf(results, scenario, roles.ours);
      const limit = least.limit === undefined ? Infinity : valueOf(results, scenario, roles.reference ?? '');
      const peer = bestPeer(roles, results, { key: scenario, unit: 'ops/s', better: 'more' });
      if (ours === undefined || peer === undefined || limit === undefined) return undefined;
      const isReached =
        ours >= least.peer * peer && (least.limit === undefined || ours >= least.limit * limit);
      const measured = `${(ours / peer).toFixed(2)}x`;
      return {
        isReached,
        measured: least.limit === undefined ? measured : `${measured}, ${(ours / limit).toFixed(2)}x`,
      };
    },
  };
}

function atMost(roles: Roles, scenario: string, key: string, most: number, unit: string): Target {
  return {
    scenario,
    text: `${key === scenario ? '' : `${key}: `}at most ${most} ${unit}`,
    judge(results): Verdict | undefined {
      const ours = valueOf(results, key, roles.ours);
      return ours === undefined
        ? undefined
        : { isReached: ours <= most, measured: `${ours.toFixed(1)} ${unit}` };
    },
  };
}

function valueOf(results: Results, key: string, contestant: string): number | undefined {
  const value = results[key]?.[contestant];
  return typeof value === 'number' ? value : undefined;
}

export function coreTargets(roles: Roles): Target[] {
  return [
    faster(roles, 'one caller', { peer: 4, limit: 0.4 }),
    faster(roles, '100 callers on 10', { peer: 2.5 }),
    faster(roles, '1000 callers on 10', { peer: 2.5 }),
    faster(roles, 'burst 10000', { peer: 2 }),
    faster(roles, 'burst 100000', { peer: 1.3 }),
    faster(roles, 'timeout 32000', { peer: 1 }),
    atMost(roles, 'timeout 32000', 'longest loop block ms', 20, 'ms'),
    atMost(roles, 'bytes per waiter', 'bytes per waiter', 400, 'bytes'),
  ];
}
