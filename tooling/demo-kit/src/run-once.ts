import { createLiveView, NO_VIEW } from './live-view.ts';
import { runLoad } from './load.ts';
import { type LoadFigures } from './load-tally.ts';
import { isMoneyKept } from './money.ts';
import { figuresByRole, figuresOfAll } from './pool-figures.ts';
import { Service } from './service.ts';
import { type Stage } from './stage.ts';
import { renderJson, renderSummary, type Outcome } from './summary.ts';

// Far more clients than connections: that is what a pool is for.
const CLIENTS = 48;

/** Serves, drives the service over HTTP, shows what happens; whether no money was made or lost. */
export async function runOnce(stage: Stage): Promise<boolean> {
  const { bank, options, stdout, stderr, name, interruption } = stage;
  const failures = { count: 0, first: undefined as unknown };
  const onFailure = (error: unknown): void => {
    if (failures.count++ === 0) failures.first = error;
  };
  const service = new Service(bank, { onFailure });
  const before = { money: await bank.totalMoney(), pools: bank.pools() };
  const url = await service.listen(options.port);
  const load = await driveAndClose(stage, service, url);
  const after = { money: await bank.totalMoney(), pools: bank.pools() };

  const outcome: Outcome = {
    name,
    clients: CLIENTS,
    load,
    money: { before: before.money, after: after.money },
    pool: figuresOfAll(after.pools, before.pools),
    pools: figuresByRole(after.pools, before.pools),
  };
  if (interruption.signal.aborted) {
    stderr.write(`${name}: ${interruption.signal.reason} after ${load.seconds.toFixed(1)} s; up to then:\n`);
  }
  if (failures.count > 0) {
    stderr.write(`${name}: ${failures.count} failures, the first: ${String(failures.first)}\n`);
  }
  stdout.write(`${options.json ? renderJson(outcome) : renderSummary(outcome)}\n`);
  return isMoneyKept(outcome.money);
}

async function driveAndClose(stage: Stage, service: Service, url: string): Promise<LoadFigures> {
  try {
    return await drive(stage, url);
  } finally {
    await service.close();
  }
}

/** Lets the load run, and shows it. */
async function drive(
  { name, bank, opening, options, stderr, interruption }: Stage,
  url: string,
): Promise<LoadFigures> {
  const { json, durationSeconds } = options;
  const title = { name, url, durationSeconds, connections: CLIENTS };
  const view = json ? NO_VIEW : createLiveView(stderr, title);
  const size = { users: opening.users.length, accounts: opening.accounts.length };
  const plan = { url, seconds: durationSeconds, connections: CLIENTS, size, tickMs: view.tickMs };
  let last = bank.pools();
  try {
    return await runLoad(
      plan,
      (load) => {
        const now = bank.pools();
        view.show({ load, pools: figuresByRole(now, last) });
        last = now;
      },
      interruption.signal,
    );
  } finally {
    view.end();
  }
}
