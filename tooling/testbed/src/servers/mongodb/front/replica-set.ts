import type { Socket } from 'node:net';
import { Long, ObjectId, type Document } from 'bson';
import type { ClusterClock } from './cluster-time.ts';
import { CommandError } from './command-error.ts';
import { SetNode } from './set-node.ts';

const SET_NAME = 'rs0';
const SET_VERSION = 1;

export interface ReplicaSetOptions {
  readonly nodes: number;
  /** From a primary's end to the next one. */
  readonly electionMs: number;
  readonly clock: ClusterClock;
  readonly serve: (node: SetNode, socket: Socket) => void;
  /** The primary is gone: what only a primary may have open has to end. */
  readonly primaryLost: () => void;
}

/** Several ports that tell drivers that they are one set, and who of them is the primary. */
export class ReplicaSet {
  readonly nodes: readonly SetNode[];
  readonly #options: ReplicaSetOptions;
  #primary: SetNode | undefined;
  #term = 0;
  #election: NodeJS.Timeout | undefined;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
    this.nodes = Array.from({ length: options.nodes }, () => new SetNode());
  }

  get url(): string {
    return `mongodb://${this.nodes.map(({ address }) => address).join(',')}/?replicaSet=${SET_NAME}`;
  }

  get primary(): SetNode | undefined {
    return this.#primary;
  }

  isPrimary(node: SetNode): boolean {
    return this.#primary === node;
  }

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.#startNode(node)));
    this.#elect();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#election);
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async startNode(index: number): Promise<void> {
    const node = this.#nodeAt(index);
    if (node.isUp) return;
    await this.#startNode(node);
    if (this.#primary === undefined) this.#elect();
  }

  async stopNode(index: number): Promise<void> {
    const node = this.#nodeAt(index);
    const stopped = node.stop();
    if (this.isPrimary(node)) this.#losePrimary();
    await stopped;
  }

  /** The primary gives up its role and stands for no election for so long; of a single node that means no primary. */
  stepDown(node: SetNode, seconds: number): void {
    if (!this.isPrimary(node)) {
      throw new CommandError(10_107, 'NotWritablePrimary', "not primary so can't step down");
    }
    this.freeze(node, seconds);
    this.#losePrimary();
  }

  /** No election of this node for so long; with 0 it may stand again at once. */
  freeze(node: SetNode, seconds: number): void {
    node.frozenUntil = performance.now() + seconds * 1000;
    if (this.#primary === undefined) this.#callElection();
  }

  hello(node: SetNode, connectionId: number): Document {
    const isPrimary = this.isPrimary(node);
    const time = this.#options.clock.tick();
    return {
      helloOk: true,
      isWritablePrimary: isPrimary,
      ismaster: isPrimary,
      secondary: !isPrimary,
      topologyVersion: node.topologyVersion,
      hosts: this.nodes.map(({ address }) => address),
      setName: SET_NAME,
      setVersion: SET_VERSION,
      me: node.address,
      ...(this.#primary !== undefined && { primary: this.#primary.address }),
      ...(isPrimary && { electionId: this.#electionId() }),
      lastWrite: { opTime: { ts: time, t: Long.fromNumber(this.#term) }, lastWriteDate: new Date() },
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      connectionId,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
      ok: 1,
    };
  }

  status(): Document {
    const members = this.nodes.map((node, index) => ({
      _id: index,
      name: node.address,
      health: node.isUp ? 1 : 0,
      stateStr: this.isPrimary(node) ? 'PRIMARY' : node.isUp ? 'SECONDARY' : 'DOWN',
    }));
    return { set: SET_NAME, term: this.#term, members, ok: 1 };
  }

  #startNode(node: SetNode): Promise<void> {
    return node.start((socket) => this.#options.serve(node, socket));
  }

  #nodeAt(index: number): SetNode {
    const node = this.nodes[index];
    if (node === undefined) throw new CommandError(2, 'BadValue', `there is no node ${index}`);
    return node;
  }

  #losePrimary(): void {
    this.#primary = undefined;
    this.#options.primaryLost();
    this.#announce();
    this.#callElection();
  }

  #callElection(ms: number = this.#options.electionMs): void {
    clearTimeout(this.#election);
    this.#election = setTimeout(() => this.#elect(), ms);
  }

  #elect(): void {
    const running = this.nodes.filter(({ isUp }) => isUp);
    const now = performance.now();
    const winner = running.find(({ frozenUntil }) => frozenUntil <= now);
    if (winner !== undefined) {
      this.#primary = winner;
      this.#term++;
      this.#announce();
    } else if (running.length > 0) {
      this.#callElection(Math.min(...running.map(({ frozenUntil }) => frozenUntil)) - now + 1);
    }
  }

  #announce(): void {
    for (const node of this.nodes) node.changed();
  }

  /** Later terms compare as greater: drivers tell a stale primary by it. */
  #electionId(): ObjectId {
    return new ObjectId(this.#term.toString(16).padStart(24, '0').replace(/^./, '7'));
  }
}
