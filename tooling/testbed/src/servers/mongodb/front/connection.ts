import type { Socket } from 'node:net';
import type { Document } from 'bson';
import { isHello, WireConnection } from '../wire-connection.ts';
import { append, type Body, type Request } from '../wire.ts';
import { clientDisconnected, CommandError } from './command-error.ts';
import { FailPointError } from './fail-point.ts';
import type { Front } from './front.ts';
import type { Client, Operation } from './operation.ts';
import type { SetNode } from './set-node.ts';
import { greet } from './user-commands.ts';

/** What became of a request, if it is not a reply to send. */
type Outcome = Body | 'sent' | 'cut';

/** A client's connection to one node of the set. */
export class Connection implements Client {
  readonly remote: string;
  appName: string | undefined;
  readonly #front: Front;
  readonly #node: SetNode;
  readonly #wire: WireConnection;

  constructor(front: Front, node: SetNode, socket: Socket) {
    this.#front = front;
    this.#node = node;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#wire = new WireConnection(socket, (request) => this.#handle(request));
  }

  get connectionId(): number {
    return this.#wire.id;
  }

  get host(): string {
    return this.#node.address;
  }

  get socket(): Socket {
    return this.#wire.socket;
  }

  async #handle(request: Request): Promise<void> {
    const outcome = await this.#answer(request);
    if (outcome === 'cut') this.socket.resetAndDestroy();
    else if (outcome !== 'sent' && !request.isSilent) this.#wire.send(request, outcome);
  }

  async #answer(request: Request): Promise<Outcome> {
    const { name, command } = request;
    const { operations, clock } = this.#front;
    try {
      const outcome = await operations.run(name, command, this, (operation) => this.#run(request, operation));
      return typeof outcome === 'string' ? outcome : append(outcome, clock.stamp());
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const state = error.isStateChange ? { topologyVersion: this.#node.topologyVersion } : {};
      return append(error.toReply(labelsOf(error, request)), { ...state, ...clock.stamp() });
    }
  }

  /** Ended by whatever ends the operation, a client that goes away among it. */
  async #run(request: Request, operation: Operation): Promise<Outcome> {
    const { closed } = this.#wire;
    const interrupt = (): void => operation.interrupt(clientDisconnected());
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

  async #perform(request: Request, operation: Operation): Promise<Outcome> {
    const point = this.#node.failPointFor(request.name, this.appName);
    if ((await point?.act(request.name, operation.signal)) === 'close') return 'cut';
    if (isHello(request)) {
      const { command } = request;
      const greeting = greet({ front: this.#front, node: this.#node, connection: this, operation, command });
      await this.#wire.sendHello(request, this.#node, () => this.#hello(greeting));
      return 'sent';
    }
    const reply = await this.#front.execute(this.#node, this, operation);
    const writeConcernError = point?.writeConcernError;
    return writeConcernError === undefined ? reply : append(reply, { writeConcernError });
  }

  #hello(greeting: Document): Body {
    const { set, clock } = this.#front;
    return append(set.hello(this.#node, this.connectionId), { ...greeting, ...clock.stamp() });
  }
}

function appNameIn(command: Document): string | undefined {
  const client = command['client'] as { application?: { name?: string } } | undefined;
  return client?.application?.name;
}

/** A server labels what a client may send again; a fail point that names labels means only those. */
function labelsOf(error: CommandError, { name, command }: Request): readonly string[] {
  const isFixed = error instanceof FailPointError && error.hasOwnLabels;
  if (isFixed || !error.isRetryable || command['txnNumber'] === undefined) return error.labels;
  const isInTransaction = command['autocommit'] === false;
  const isEnd = name === 'commitTransaction' || name === 'abortTransaction';
  const label = isInTransaction && !isEnd ? 'TransientTransactionError' : 'RetryableWriteError';
  return [...error.labels, label];
}
