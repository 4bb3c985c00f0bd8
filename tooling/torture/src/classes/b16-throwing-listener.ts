import { judge, type Program } from '../program.ts';
import { answerOf, describeCounts, open, type Request } from '../request.ts';
import { Server } from '../server.ts';

class ListenerError extends Error {}

const TRIES = 5;

let uncaught = 0;

export const program: Program = {
  id: 'B16',
  title: 'A listener that throws keeps no caller from its connection',
  needs: ['events'],
  // A listener's own error may well end up uncaught; what it does to the callers is the question.
  excuses(error) {
    if (!(error instanceof ListenerError)) return false;
    uncaught++;
    return true;
  },
  async run(adapter) {
    let isFailing = false;
    const server = new Server({
      create: () => (isFailing ? Promise.reject(new Error('refused')) : undefined),
    });
    const pool = open(adapter, server);
    let calls = 0;
    pool.listen!(() => {
      calls++;
      throw new ListenerError('thrown by a listener');
    });
    const seen: string[] = [];
    const expectGrant = async (when: string, end: (request: Request) => void): Promise<boolean> => {
      const request = await answerOf(pool);
      seen.push(`${when} ${request.describe()}`);
      if (request.isGranted) end(request);
      return request.isGranted;
    };
    const report = (pass: boolean) =>
      judge(pass, `${seen.join(', ')}; ${calls} throws, ${uncaught} uncaught; ${describeCounts(pool)}`);

    if (!(await expectGrant('first caller', (request) => request.release()))) return report(false);
    if (!(await expectGrant('after a release', (request) => request.held.destroy()))) return report(false);
    if (!(await expectGrant('after a destroy', (request) => request.held.destroy()))) return report(false);
    isFailing = true;
    (await answerOf(pool)).release();
    isFailing = false;
    // A pool may pause after a failure for longer than one caller waits.
    for (let tries = 0; tries < TRIES; tries++) {
      if (await expectGrant('after a failed create', (request) => request.release())) return report(true);
    }
    return report(false);
  },
};
