import type { Worker } from 'node:worker_threads';
import { restoreBlobs } from './blobs.ts';
import type { CallOptions, Connection, LockWaits } from './connection.ts';
import type { Answer, Operation, Reply, Request } from './protocol.ts';
import { decodeError, isDamaged } from './sqlite-error.ts';
import { mayLeaveTraces } from './traces.ts';

/** For a thread to finish what it does and close its file; then it is stopped. */
const CLOSE_GRACE_MS = 2_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface WorkerConnectionParts {
  readonly worker: Worker;
  readonly waits: LockWaits;
  readonly lost: (cause?: unknown) => void;
}

/** The near end of a Database that lives in a worker thread. */
export class WorkerConnection implements Connection {
  readonly #worker: Worker;
  readonly #waits: LockWaits;
  readonly #lost: (cause?: unknown) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #openTransactions = 0;
  #openCursors = 0;
  #isSuspect = false;
  #isClosing = false;
  #failure: unknown = undefined;
  isBroken = false;
  onLost: ((cause: unknown) => void) | undefined = undefined;

  private constructor({ worker, waits, lost }: WorkerConnectionParts) {
    this.#worker = worker;
    this.#waits = waits;
    this.#lost = lost;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => this.#failed(error));
    worker.on('messageerror', (error) => this.#failed(error));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ended();
        resolve();
      });
    });
  }

  /** Waits for the worker to say that its file is open. */
  static async open(parts: WorkerConnectionParts, signal: AbortSignal): Promise<WorkerConnection> {
    const connection = new WorkerConnection(parts);
    const giveUp = (): void => void parts.worker.terminate();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await new Promise((resolve, reject) => connection.#pending.set(0, { resolve, reject }));
      return connection;
    } catch (error) {
      connection.#isClosing = true;
      await connection.#exited;
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async call<O extends Operation>(operation: O, options: CallOptions): Promise<Answer<O['kind']>> {
    options.signal?.throwIfAborted();
    if (mayLeaveTraces(operation)) this.#isSuspect = true;
    const id = this.#nextId++;
    const cancel = (): void => this.#worker.postMessage({ cancel: id });
    try {
      const answer = this.#request({ id, operation, lockTimeoutMs: options.lockTimeoutMs });
      options.signal?.addEventListener('abort', cancel, { once: true });
      const value = (await answer) as Answer<O['kind']>;
      this.#follow(operation, value);
      return value;
    } catch (error) {
      if (isDamaged(error)) this.isBroken = true;
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  handOut(): void {
    // Whatever a borrower does comes through `call`.
  }

  reset(): Promise<boolean> | undefined {
    const isClean = !this.#isSuspect && this.#openTransactions === 0 && this.#openCursors === 0;
    if (isClean && this.#pending.size === 0) return undefined;
    this.#isSuspect = false;
    this.#openTransactions = 0;
    this.#openCursors = 0;
    // Behind what a borrower forgot to await: requests are answered in order.
    return this.call({ kind: 'reset' }, { lockTimeoutMs: 0 });
  }

  async close(isGraceful: boolean): Promise<void> {
    this.#isClosing = true;
    if (isGraceful && !this.isBroken) await this.#sayGoodbye();
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#exited;
  }

  async #sayGoodbye(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS);
    });
    const goodbye = this.call({ kind: 'close' }, { lockTimeoutMs: 0 }).then(() => this.#exited);
    try {
      await Promise.race([goodbye, grace]);
    } finally {
      clearTimeout(timer);
      goodbye.catch(() => undefined);
    }
  }

  #request(request: Request): Promise<unknown> {
    if (this.isBroken) return Promise.reject(this.#lostError());
    return new Promise((resolve, reject) => {
      // Throws when a parameter cannot be cloned: then nothing is pending.
      this.#worker.postMessage(request);
      // Only a worker with something to do keeps the process alive.
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(request.id, { resolve, reject });
    });
  }

  #settle({ id, value, error, hasBlobs, lockWaitMs }: Reply): void {
    if (lockWaitMs !== undefined) this.#waits.add(lockWaitMs);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && !this.#isClosing) this.#worker.unref();
    if (error !== undefined) pending?.reject(decodeError(error));
    else pending?.resolve(hasBlobs === true ? restoreBlobs(value) : value);
  }

  /** What is left open at release has to be closed by a reset. */
  #follow(operation: Operation, value: unknown): void {
    if (operation.kind === 'control') {
      if (operation.verb === 'begin') this.#openTransactions = 1;
      if (operation.verb === 'commit' || operation.verb === 'rollback') this.#openTransactions = 0;
    }
    if (operation.kind === 'cursor' && isOpenCursor(value)) this.#openCursors++;
    if (operation.kind === 'dismiss' || (operation.kind === 'fetch' && !isOpenCursor(value)))
      this.#openCursors--;
  }

  #failed(error: unknown): void {
    this.#failure ??= error;
    this.isBroken = true;
  }

  #ended(): void {
    this.isBroken = true;
    // Before the file is open, what stopped the worker is all there is to say.
    const isOpening = this.#pending.has(0);
    const error = isOpening && this.#failure instanceof Error ? this.#failure : this.#lostError();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (this.#isClosing) return;
    this.#lost(this.#failure ?? error);
    this.onLost?.(this.#failure ?? error);
  }

  #lostError(): Error {
    const message =
      'the worker thread of this connection has ended; a write under way may or may not have happened';
    const cause = this.#failure === undefined ? undefined : { cause: this.#failure };
    return Object.assign(new Error(message, cause), { code: 'SQLITE_WORKER_LOST' });
  }
}

function isOpenCursor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value as { isDone: boolean }).isDone;
}
