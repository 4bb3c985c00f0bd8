// One connection's thread. Imports nothing but Node.js, the driver and its neighbours: it is loaded as it is.
import { parentPort, workerData } from 'node:worker_threads';
import { hasBlobs } from './blobs.ts';
import { whileLocked } from './lock-wait.ts';
import { openDatabase } from './open-database.ts';
import { perform } from './perform.ts';
import type { OpenSettings, Reply, Request, ToWorker } from './protocol.ts';
import { Session } from './session.ts';
import { encodeError } from './sqlite-error.ts';

if (parentPort === null)
  throw new Error('this file is the worker thread of @pool/sqlite, and is not to be run by itself');
const port = parentPort;

const inbox: Request[] = [];
const cancelled = new Set<number>();
let isBusy = true;

async function answer(id: number, lockTimeoutMs: number, attempt: () => unknown): Promise<boolean> {
  let waited: Pick<Reply, 'lockWaitMs'> = {};
  const isCancelled = (): boolean => cancelled.has(id);
  const onWaited = (lockWaitMs: number): void => {
    waited = { lockWaitMs };
  };
  try {
    const value = await whileLocked(attempt, { timeoutMs: lockTimeoutMs, isCancelled, onWaited });
    post(hasBlobs(value) ? { id, value, hasBlobs: true, ...waited } : { id, value, ...waited });
    return true;
  } catch (error) {
    post({ id, error: encodeError(error), ...waited });
    return false;
  } finally {
    cancelled.delete(id);
  }
}

function post(reply: Reply): void {
  port.postMessage(reply);
}

/** One at a time, in the order of arrival: what waits for a lock is not overtaken by what follows it. */
async function work(session: Session): Promise<void> {
  isBusy = true;
  for (let request = inbox.shift(); request !== undefined; request = inbox.shift()) {
    const { id, operation, lockTimeoutMs } = request;
    await answer(id, lockTimeoutMs, () => perform(session, operation));
    // Without the port nothing keeps this thread: it ends by itself.
    if (operation.kind === 'close') port.close();
  }
  isBusy = false;
}

async function start(settings: OpenSettings): Promise<void> {
  let session: Session | undefined;
  port.on('message', (message: ToWorker) => {
    if ('cancel' in message) cancelled.add(message.cancel);
    else inbox.push(message);
    if (!isBusy && session !== undefined) void work(session);
  });
  const open = (): void => {
    session = new Session(openDatabase(settings), settings.role);
  };
  if ((await answer(0, settings.lockTimeoutMs, open)) && session !== undefined) await work(session);
  else port.close();
}

void start(workerData as OpenSettings);
