import type { Adapter } from '../pool-under-test.ts';
import { judge, type Program, type Verdict } from '../program.ts';
import { answerOf, describeCounts, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

type Failure = 'rejects' | 'throws';

export const program: Program = {
  id: 'B10',
  title: 'A validate that rejects or throws costs neither a connection slot, nor the caller, nor the process',
  needs: [],
  async run(adapter) {
    const failures: Failure[] = [];
    if (adapter.lacks['async-validate'] === undefined) failures.push('rejects');
    if (adapter.lacks['throwing-validate'] === undefined) failures.push('throws');
    const seen: string[] = [];
    for (const failure of failures) {
      const verdict = await failOnce(adapter, failure);
      seen.push(`validate ${failure}: ${verdict.evidence}`);
      if (verdict.finding !== 'pass') return judge(false, seen.join('; '));
    }
    return judge(true, seen.join('; '));
  },
};

async function failOnce(adapter: Adapter, failure: Failure): Promise<Verdict> {
  let isBad = false;
  let failures = 0;
  const server = new Server({
    validate() {
      if (!isBad) return adapter.lacks['async-validate'] === undefined ? Promise.resolve(true) : true;
      failures++;
      const error = new Error('the connection is bad');
      if (failure === 'throws') throw error;
      return Promise.reject(error);
    },
  });
  const pool = open(adapter, server);
  const seen: string[] = [];
  // Once for a new connection, once for an idle one: a pool may validate only one of them.
  for (const what of ['new', 'idle']) {
    // Idle for long enough to be in doubt.
    await pause(20);
    failures = 0;
    isBad = true;
    const request = await answerOf(pool);
    isBad = false;
    request.release();
    const next = await answerOf(pool);
    next.release();
    seen.push(
      `${what} connection, validate failed ${failures} time(s): caller ${request.describe()}, the next one ${next.describe()}`,
    );
    if (request.state === 'waiting' || !next.isGranted)
      return judge(false, `${seen.join(', ')}; ${describeCounts(pool)}`);
  }
  return judge(true, seen.join(', '));
}
