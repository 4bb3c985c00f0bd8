import { Long, type Document } from 'bson';
import { CommandError } from './command-error.ts';

/** Who asked for an operation. */
export interface Client {
  readonly connectionId: number;
  /** The node's address. */
  readonly host: string;
  readonly remote: string;
  readonly appName: string | undefined;
}

/** A command under way: what currentOp lists and killOp, maxTimeMS, an election or a lost client ends. */
export class Operation implements Disposable {
  readonly id: number;
  readonly name: string;
  readonly command: Document;
  readonly client: Client;
  readonly #startedAt = performance.now();
  readonly #controller = new AbortController();
  #deadline: NodeJS.Timeout | undefined;

  constructor(id: number, name: string, command: Document, client: Client) {
    this.id = id;
    this.name = name;
    this.command = command;
    this.client = client;
    const limit = Number(command['maxTimeMS'] ?? 0);
    // getMore's maxTimeMS is how long it may wait for news, not a limit.
    if (limit > 0 && name !== 'getMore') this.#deadline = setTimeout(() => this.#expire(), limit);
  }

  /** Aborts with the CommandError to answer with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get database(): string {
    return String(this.command['$db'] ?? 'test');
  }

  interrupt(error: CommandError): void {
    this.#controller.abort(error);
  }

  /** As currentOp shows it. */
  describe(): Document {
    const { host, connectionId, remote, appName } = this.client;
    const { lsid, comment } = this.command;
    const ms = performance.now() - this.#startedAt;
    return {
      type: 'op',
      host,
      connectionId,
      client: remote,
      ...(appName !== undefined && { appName }),
      active: true,
      opid: this.id,
      op: this.name === 'getMore' ? 'getmore' : 'command',
      ns: `${this.database}.${this.#collection}`,
      ...(lsid !== undefined && { lsid }),
      command: { [this.name]: this.command[this.name], ...(comment !== undefined && { comment }) },
      secs_running: Long.fromNumber(Math.floor(ms / 1000)),
      microsecs_running: Long.fromNumber(Math.floor(ms * 1000)),
    };
  }

  get #collection(): string {
    const subject: unknown = this.command[this.name];
    return typeof subject === 'string' ? subject : `$cmd.${this.name}`;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
  }

  #expire(): void {
    this.interrupt(new CommandError(50, 'MaxTimeMSExpired', 'operation exceeded time limit'));
  }
}
