// Makes a failing plan small: fewer actions, then simpler ones, then options as they are by default.

import type { PoolOptions } from '@pool/core';
import type { Action } from './action.ts';
import type { Plan } from './plan.ts';

// A plan is lived in about a millisecond.
const MOST_TRIES = 4_000;

/** Whether the plan still fails, and in the same way. */
type Fails = (plan: Plan) => Promise<boolean>;

export async function shrink(plan: Plan, fails: Fails): Promise<Plan> {
  let tries = 0;
  const isSmaller: Fails = async (candidate) => tries++ < MOST_TRIES && fails(candidate);
  let smallest = plan;
  for (let before = ''; before !== JSON.stringify(smallest);) {
    before = JSON.stringify(smallest);
    smallest = await dropActions(smallest, isSmaller);
    smallest = await simplifyActions(smallest, isSmaller);
    smallest = await dropOptions(smallest, isSmaller);
  }
  return smallest;
}

/** Leaves out halves, then quarters, and so on down to single ones, as long as something can go. */
async function dropActions(plan: Plan, fails: Fails): Promise<Plan> {
  let { actions } = plan;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what comes later depends on what came before.
    for (let at = actions.length - size; at > -size; at -= size) {
      const rest = [...actions.slice(0, Math.max(0, at)), ...actions.slice(at + size)];
      if (rest.length < actions.length && (await fails({ ...plan, actions: rest }))) actions = rest;
    }
  }
  return { ...plan, actions };
}

async function simplifyActions(plan: Plan, fails: Fails): Promise<Plan> {
  let { actions } = plan;
  for (let at = 0; at < actions.length; at++) {
    for (const simpler of simplerThan(actions[at]!)) {
      const changed = actions.with(at, simpler);
      if (await fails({ ...plan, actions: changed })) actions = changed;
    }
  }
  return { ...plan, actions };
}

function simplerThan(action: Action): Action[] {
  const simpler: Action[] = [];
  const { sameTurn, ...alone } = action;
  if (sameTurn === true) simpler.push(alone);
  if ('which' in action && action.which > 0) simpler.push({ ...action, which: 0 });
  if ('times' in action && action.times > 1) simpler.push({ ...action, times: 1 });
  if (action.do === 'meddle') simpler.push(action.act);
  if (action.do === 'acquire' && action.timeoutMs !== undefined) simpler.push({ do: 'acquire' });
  return simpler;
}

async function dropOptions(plan: Plan, fails: Fails): Promise<Plan> {
  let smallest = plan;
  for (const name of Object.keys(plan.options) as (keyof PoolOptions)[]) {
    const { [name]: _dropped, ...options } = smallest.options;
    const candidate = { ...smallest, options };
    if (await fails(candidate)) smallest = candidate;
  }
  return smallest;
}
