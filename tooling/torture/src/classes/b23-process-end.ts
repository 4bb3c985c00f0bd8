import { judge, type Program } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';

const PATIENCE_MS = 1_500;

// Here a connection keeps nothing alive, as one whose socket is gone: what the pool itself holds is the question.
export const program: Program = {
  id: 'B23',
  title: 'A pending acquire keeps the process alive until it is settled; an idle pool does not',
  needs: [],
  async run(adapter, context) {
    const pool = open(adapter, new Server());
    const holder = await lend(pool);
    const pending = ask(pool);
    context.atExit(() => judge(false, 'the process ended by itself while acquire() was pending'));
    await pending.settled;
    const settled = `pending acquire() ${pending.describe()}`;

    holder.release();
    const startedAt = performance.now();
    const elapsed = (): string => `${Math.round(performance.now() - startedAt)} ms`;
    context.atExit(() =>
      judge(true, `${settled}; then the process ended by itself ${elapsed()} after the last release`),
    );
    // Does not keep the process alive itself.
    await new Promise<void>((resolve) => {
      setTimeout(resolve, PATIENCE_MS).unref();
    });
    return judge(
      false,
      `${settled}; an idle pool kept the process alive for ${elapsed()} after the last release`,
    );
  },
};
