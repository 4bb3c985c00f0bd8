import type { Socket } from 'node:net';
import type { Document } from 'bson';
import { append, decodeRequest, encodeReply, MessageReader, type Body, type Request } from '../wire.ts';
import { CommandError, clientDisconnected } from './command-error.ts';
import { FailPointError } from './fail-point.ts';
import type { Front } from './front.ts';
import type { Client, Operation } from './operation.ts';
import type { SetNode } from './set-node.ts';

let lastConnectionId = 0;

/** A client's connection to one node: one message at a time, in order, as mongod does it. */
export class Connection implements Client {
  readonly connectionId = ++lastConnectionId;
  readonly host: string;
  readonly remote: string;
  readonly socket: Socket;
  appName: string | undefined;
  readonly #front: Front;
  readonly #node: SetNode;
  readonly #reader = new MessageReader();
  readonly #closed = new AbortController();
  #isBusy = false;

  constructor(front: Front, node: SetNode, socket: Socket) {
    this.#front = front;
    this.#node = node;
    this.socket = socket;
    this.host = node.address;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      void this.#drain();
    });
    socket.on('close', () => this.#closed.abort(clientDisconnected()));
  }

  async #drain(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) {
        await this.#handle(decodeRequest(message));
        if (this.socket.destroyed) break;
      }
    } catch {
      // Not a message that a server could answer.
      this.socket.destroy();
    }
    this.#isBusy = false;
  }

  async #handle(request: Request): Promise<void> {
    const reply = await this.#answer(request);
    if (reply === undefined) this.socket.resetAndDestroy();
    else if (!request.isSilent) this.#send(request, reply);
  }

  /** The reply, or undefined when the connection is to be closed instead. */
  async #answer(request: Request): Promise<Body | undefined> {
    const { name, command } = request;
    const { operations, clock } = this.#front;
    try {
      const reply = await operations.run(name, command, this, (operation) => this.#run(request, operation));
      return reply && append(reply, clock.stamp());
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const state = error.isStateChange ? { topologyVersion: this.#node.topologyVersion } : {};
      return append(error.toReply(labelsOf(error, command)), { ...state, ...clock.stamp() });
    }
  }

  async #run(request: Request, operation: Operation): Promise<Body | undefined> {
    const closed = this.#closed.signal;
    const interrupt = (): void => operation.interrupt(closed.reason as CommandError);
    closed.addEventListener('abort', interrupt, { once: true });
    try {
      this.appName ??= appNameIn(request.command);
      return await this.#perform(request, operation);
    } catch (error) {
      throw operation.signal.aborted ? operation.signal.reason : error;
    } finally {
      closed.removeEventListener('abort', interrupt);
    }
  }

  async #perform(request: Request, operation: Operation): Promise<Body | undefined> {
    const point = this.#node.failPointFor(request.name, this.appName);
    if ((await point?.act(request.name, operation.signal)) === 'close') return undefined;
    if (isHello(request.name)) return this.#hello(request);
    const reply = await this.#front.execute(this.#node, this, operation);
    const writeConcernError = point?.writeConcernError;
    return writeConcernError === undefined ? reply : append(reply, { writeConcernError });
  }

  /** Awaits news if the client has the latest; to one that allows it, goes on telling news until the socket closes. */
  async #hello(request: Request): Promise<Body> {
    const { command } = request;
    const waitMs = Number(command['maxAwaitTimeMS'] ?? 0);
    const closed = this.#closed.signal;
    if (waitMs > 0 && this.#node.isKnown(command['topologyVersion'] as Document | undefined)) {
      await this.#node.untilChanged(waitMs, closed);
    }
    if (!request.allowsExhaust || waitMs === 0) return this.#helloNow();
    let last = this.#send(request, append(this.#helloNow(), this.#front.clock.stamp()), true);
    while (!closed.aborted) {
      await this.#node.untilChanged(waitMs, closed);
      last = this.#send(last, append(this.#helloNow(), this.#front.clock.stamp()), true);
    }
    throw closed.reason;
  }

  #helloNow(): Document {
    return this.#front.set.hello(this.#node, this.connectionId);
  }

  #send(to: Request | number, body: Body, moreToCome = false): number {
    const { bytes, id } = encodeReply({ to, body, moreToCome });
    if (this.socket.writable) this.socket.write(bytes);
    return id;
  }
}

function isHello(name: string): boolean {
  return name === 'hello' || name.toLowerCase() === 'ismaster';
}

function appNameIn(command: Document): string | undefined {
  const client = command['client'] as { application?: { name?: string } } | undefined;
  return client?.application?.name;
}

/** A server labels what a client may send again by itself; a fail point that names labels means only those. */
function labelsOf(error: CommandError, command: Document): readonly string[] {
  const isRetryableWrite = command['txnNumber'] !== undefined && command['autocommit'] === undefined;
  const isFixed = error instanceof FailPointError && error.hasOwnLabels;
  return isRetryableWrite && error.isRetryable && !isFixed
    ? [...error.labels, 'RetryableWriteError']
    : error.labels;
}
