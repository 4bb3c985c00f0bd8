import type { Socket } from 'node:net';
import { serialize, type Document } from 'bson';
import { isHello, WireConnection } from '../wire-connection.ts';
import { WireNode } from '../wire-node.ts';
import { encodeReply, type Body, type Request } from '../wire.ts';
import { DEFAULT_ANSWERS, unknownCommand, type Answer, type Answers } from './answers.ts';
import { Hold } from './hold.ts';

export type Role = 'primary' | 'secondary';

/** What a node says of itself and the set, its topology version aside. */
export type Describe = (node: ScriptedNode, connectionId: number) => Document;

/** A request, and the connection that it came by. */
export interface Received {
  readonly request: Request;
  readonly connectionId: number;
}

/** A node that does what a test says: it answers by a script, waits where it is told to, and breaks at the byte. */
export class ScriptedNode {
  readonly #node = new WireNode();
  readonly #describe: Describe;
  readonly #answers: Record<string, Answer>;
  readonly #holds = new Set<Hold>();
  readonly #seen = new Map<string, number>();
  #record: Received[] | undefined;
  #role: Role;
  #breakAfter: { readonly command: string; readonly bytes: number } | undefined;

  constructor(role: Role, answers: Answers, describe: Describe) {
    this.#role = role;
    this.#describe = describe;
    this.#answers = Object.assign(Object.create(null), DEFAULT_ANSWERS, answers) as Record<string, Answer>;
  }

  get address(): string {
    return this.#node.address;
  }

  get role(): Role {
    return this.#role;
  }

  /** Sockets that are open, monitors' among them. */
  get connections(): number {
    return this.#node.sockets.size;
  }

  /** Sockets ever accepted. */
  get accepted(): number {
    return this.#node.accepted;
  }

  /** How many requests of this name have come. */
  count(command: string): number {
    return this.#seen.get(command) ?? 0;
  }

  /** Everything that comes from now on, handshakes and heartbeats among it. */
  record(): readonly Received[] {
    return (this.#record = []);
  }

  start(): Promise<void> {
    return this.#node.start((socket) => this.#serve(socket));
  }

  /** As a killed process: every socket is reset, the port refuses. */
  stop(): Promise<void> {
    return this.#node.stop();
  }

  /** Resets every socket. */
  cut(): void {
    this.#node.cut();
  }

  /** From now on it is this; its monitors hear of it by `announce`. */
  become(role: Role): void {
    this.#role = role;
  }

  /** Tells every monitor that streams or awaits, in this tick. */
  announce(): void {
    this.#node.changed();
  }

  /** From now on the command gets this answer. */
  answer(command: string, answer: Answer): void {
    this.#answers[command] = answer;
  }

  /** Requests of these commands wait from now on; "hello" stands for every name of the handshake. */
  hold(...commands: string[]): Hold {
    const hold = new Hold((request) => commands.includes(isHello(request) ? 'hello' : request.name));
    this.#holds.add(hold);
    return hold;
  }

  /** Of the next reply to this command only so many bytes are sent, until `cut`. */
  breakAfter(command: string, bytes: number): void {
    this.#breakAfter = { command, bytes };
  }

  #serve(socket: Socket): void {
    const connection: WireConnection = new WireConnection(socket, (request) =>
      this.#handle(connection, request),
    );
  }

  #handle(connection: WireConnection, request: Request): void | Promise<void> {
    this.#seen.set(request.name, this.count(request.name) + 1);
    this.#record?.push({ request, connectionId: connection.id });
    for (const hold of this.#holds) {
      const held = hold.wait(request, connection);
      if (held !== undefined) return held.then(() => this.#reply(connection, request));
    }
    return this.#reply(connection, request);
  }

  #reply(connection: WireConnection, request: Request): void | Promise<void> {
    if (isHello(request)) {
      return connection.sendHello(request, this.#node, () => this.#hello(connection));
    }
    const answer = this.#answers[request.name] ?? unknownCommand(request.name);
    const body = typeof answer === 'function' ? answer(request) : answer;
    if (this.#breakAfter?.command === request.name) this.#break(connection, request, body);
    else if (!request.isSilent) connection.send(request, body);
    return undefined;
  }

  #hello(connection: WireConnection): Body {
    const { topologyVersion } = this.#node;
    return serialize({ ...this.#describe(this, connection.id), topologyVersion });
  }

  #break({ socket }: WireConnection, request: Request, body: Body): void {
    const { bytes } = encodeReply({ to: request, body });
    socket.write(bytes.subarray(0, this.#breakAfter!.bytes));
    this.#breakAfter = undefined;
  }
}
