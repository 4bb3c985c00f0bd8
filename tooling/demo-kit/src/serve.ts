import { once } from 'node:events';
import { Service } from './service.ts';
import { type Stage } from './stage.ts';

/** Serves until it is told to stop. */
export async function serve({ name, bank, options, stdout, stderr, interruption }: Stage): Promise<boolean> {
  const service = new Service(bank, { logger: { level: 'error', stream: stderr } });
  const { signal } = interruption;
  const url = await service.listen(options.port);
  stdout.write(
    [
      `${name} serves at ${url} until Ctrl-C. Try:`,
      `  curl ${url}/users/1/profile`,
      `  curl ${url}/transfer -H 'content-type: application/json' -d '{"from":1,"to":2,"amountCents":500}'`,
      `  curl ${url}/stats`,
      '',
    ].join('\n'),
  );
  if (!signal.aborted) await once(signal, 'abort');
  stderr.write(`${name}: ${signal.reason}, finishing what was begun\n`);
  await service.close(options.drainDelayMs);
  return true;
}
