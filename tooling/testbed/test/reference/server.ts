// A database small enough to be right: sessions with settings, transactions with savepoints, statements that can be
// cancelled. One JSON object a line, answered in order.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Request {
  readonly id: number;
  readonly verb: string;
  readonly argument?: unknown;
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly code?: string;
  /** After this statement; as Postgres tells its clients. */
  readonly isInTransaction: boolean;
}

export const PASSWORD = 'canary-7f3a';

class Session {
  readonly socket: Socket;
  settings: Record<string, unknown> = {};
  pending: string[] | undefined = undefined;
  savepoints: number[] = [];
  running: string | undefined = undefined;
  onCancelled: (() => void) | undefined = undefined;
  /** Cancelled while idle: the next statement pays for it. */
  isDoomed = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }
}

type Verb = (session: Session, argument: unknown) => unknown;

export class ReferenceServer {
  readonly rows: string[] = [];
  readonly #sessions = new Map<number, Session>();
  readonly #sockets = new Set<Socket>();
  readonly #listener: Server = createServer((socket) => this.#connected(socket));
  readonly #verbs: Readonly<Record<string, Verb>>;
  #lastSession = 0;

  constructor() {
    this.#verbs = this.#makeVerbs();
  }

  async start(): Promise<{ host: string; port: number }> {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
    return { host: '127.0.0.1', port: (this.#listener.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  get connections(): number {
    return this.#sockets.size;
  }

  isRunning(verb: string): boolean {
    return [...this.#sessions.values()].some((session) => session.running === verb);
  }

  kill(session: number): void {
    this.#sessions.get(session)?.socket.resetAndDestroy();
  }

  #connected(socket: Socket): void {
    const session = new Session(socket);
    let number = 0;
    this.#sockets.add(socket);
    socket.setNoDelay(true).on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#sessions.delete(number);
      session.onCancelled?.();
    });
    let previous = Promise.resolve();
    const lines = createInterface(socket).on('error', () => undefined);
    lines.on('line', (line) => {
      const request = JSON.parse(line) as Request;
      if (request.verb === 'login' && number === 0) {
        number = ++this.#lastSession;
        this.#sessions.set(number, session);
      }
      previous = previous.then(() => this.#answer(session, number, request));
    });
  }

  async #answer(session: Session, number: number, { id, verb, argument }: Request): Promise<void> {
    session.running = verb;
    let reply: Partial<Reply>;
    try {
      // The argument of a login is a password; its answer, the session's number.
      const value = await this.#verbs[verb]!(session, argument);
      reply = { value: verb === 'login' ? number : value };
    } catch (error) {
      reply = { code: (error as Error).message };
    }
    session.running = undefined;
    if (!session.socket.writable) return;
    session.socket.write(
      `${JSON.stringify({ id, ...reply, isInTransaction: session.pending !== undefined })}\n`,
    );
  }

  #makeVerbs(): Readonly<Record<string, Verb>> {
    return {
      login: (_session, password) => refuseUnless(password === PASSWORD, 'AUTH'),
      cancel: (_session, number) => cancel(this.#sessions.get(number as number)),
      echo: async (session, token) => {
        await interruptible(session, (done) => setImmediate(done));
        return token;
      },
      wait: (session) => interruptible(session, () => undefined),
      mistake: () => refuseUnless(false, 'MISTAKE'),
      set: (session, settings) => void Object.assign(session.settings, settings),
      settings: (session) => session.settings,
      rows: (_session, count) => Array.from({ length: count as number }, (_, row) => row),
      insert: (session, value) => void (session.pending ?? this.rows).push(value as string),
      values: (session) => [...this.rows, ...(session.pending ?? [])],
      begin: (session) => {
        refuseUnless(session.pending === undefined, 'IN_TRANSACTION');
        session.pending = [];
      },
      commit: (session) => {
        this.rows.push(...(session.pending ?? []));
        rollBack(session);
      },
      rollback: rollBack,
      savepoint: (session) => void session.savepoints.push(session.pending!.length),
      release: (session) => void session.savepoints.pop(),
      rollbackTo: (session) => void (session.pending!.length = session.savepoints.pop()!),
      reset: (session) => {
        rollBack(session);
        session.settings = {};
      },
    };
  }
}

function rollBack(session: Session): void {
  session.pending = undefined;
  session.savepoints = [];
}

function refuseUnless(isFine: boolean, code: string): void {
  if (!isFine) throw new Error(code);
}

function cancel(session: Session | undefined): void {
  if (session?.onCancelled !== undefined) session.onCancelled();
  else if (session !== undefined) session.isDoomed = true;
}

function interruptible(session: Session, start: (done: () => void) => void): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    session.onCancelled = () => reject(new Error('CANCELLED'));
    if (session.isDoomed) session.onCancelled();
    else start(resolve);
  }).finally(() => {
    session.onCancelled = undefined;
    session.isDoomed = false;
  });
}
