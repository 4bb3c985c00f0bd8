import type { Socket } from 'node:net';
import type { Document } from 'bson';
import { decodeRequest, encodeReply, MessageReader, type Body, type Request } from './wire.ts';
import type { WireNode } from './wire-node.ts';

let lastId = 0;

/** A client's connection: one request at a time, in order, as mongod does it. */
export class WireConnection {
  readonly id = ++lastId;
  readonly socket: Socket;
  readonly #reader = new MessageReader();
  readonly #closed = new AbortController();
  readonly #handle: (request: Request) => void | Promise<void>;
  #isBusy = false;

  constructor(socket: Socket, handle: (request: Request) => void | Promise<void>) {
    this.socket = socket;
    this.#handle = handle;
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      void this.#drain();
    });
    socket.on('close', () => this.#closed.abort());
  }

  /** Aborts when the client is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Sends a reply; the answer is the id by which the next one of a stream refers to it. */
  send(to: Request | number, body: Body, moreToCome = false): number {
    const { bytes, id } = encodeReply({ to, body, moreToCome });
    if (this.socket.writable) this.socket.write(bytes);
    return id;
  }

  /** Tells about the node: at once, after news if the client knows all, and for as long as it listens if it allows that. */
  async sendHello(request: Request, node: WireNode, hello: () => Body): Promise<void> {
    const { command, allowsExhaust } = request;
    const waitMs = Number(command['maxAwaitTimeMS'] ?? 0);
    if (waitMs > 0 && node.isKnown(command['topologyVersion'] as Document | undefined)) {
      await node.untilChanged(waitMs, this.closed);
    }
    if (!allowsExhaust || waitMs === 0) {
      this.send(request, hello());
      return;
    }
    for (let last: Request | number = request; !this.closed.aborted;) {
      last = this.send(last, hello(), true);
      await node.untilChanged(waitMs, this.closed);
    }
  }

  async #drain(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) {
        // Not awaited where that is not needed: a turn of the loop is most of what a scripted answer costs.
        const handled = this.#handle(decodeRequest(message));
        if (handled !== undefined) await handled;
        if (this.socket.destroyed) break;
      }
    } catch {
      // Not a message that a server could answer.
      this.socket.destroy();
    }
    this.#isBusy = false;
  }
}

export function isHello({ name }: Request): boolean {
  return name === 'hello' || name.toLowerCase() === 'ismaster';
}
