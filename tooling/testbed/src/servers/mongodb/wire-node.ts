import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Long, ObjectId, type Document } from 'bson';

const HOST = '127.0.0.1';

/** A port that speaks the wire protocol: its sockets, and the topology version by which drivers wait for news of it. */
export class WireNode {
  readonly sockets = new Set<Socket>();
  /** Sockets ever accepted. */
  accepted = 0;
  readonly #changeListeners = new Set<() => void>();
  #server: Server | undefined;
  #port = 0;
  #processId = new ObjectId();
  #version = 0;

  get address(): string {
    return `${HOST}:${this.#port}`;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  get topologyVersion(): Document {
    return { processId: this.#processId, counter: Long.fromNumber(this.#version) };
  }

  /** Whether a client that has seen this topology version knows all there is to know. */
  isKnown(topologyVersion: Document | undefined): boolean {
    if (topologyVersion === undefined) return false;
    const { processId, counter } = topologyVersion as { processId: ObjectId; counter: unknown };
    return this.#processId.equals(processId) && Number(counter) === this.#version;
  }

  /** Wakes everyone who waits for the next change. */
  changed(): void {
    this.#version++;
    for (const wake of this.#changeListeners) wake();
  }

  /** Resolves at the next change, after so long, or when the signal aborts. */
  untilChanged(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changeListeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#changeListeners.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Listens: the first time on a port of its own, afterwards on the same one again. */
  start(serve: (socket: Socket) => void): Promise<void> {
    this.#processId = new ObjectId();
    this.#version = 0;
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => {
        // One that came while it was being stopped.
        if (this.#server !== server) socket.resetAndDestroy();
        else serve(this.#keep(socket));
      });
      server.once('error', reject).listen(this.#port, HOST, () => {
        this.#port = (server.address() as AddressInfo).port;
        this.#server = server;
        resolve();
      });
    });
  }

  /** Gone as a killed process is: no port, and a reset for everyone who was connected. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    this.cut();
    await closed;
  }

  /** Resets every socket but the given one. */
  cut(except?: Socket): number {
    const victims = [...this.sockets].filter((socket) => socket !== except);
    for (const socket of victims) socket.resetAndDestroy();
    return victims.length;
  }

  #keep(socket: Socket): Socket {
    this.accepted++;
    this.sockets.add(socket);
    socket.on('error', () => {});
    return socket.on('close', () => this.sockets.delete(socket));
  }
}
