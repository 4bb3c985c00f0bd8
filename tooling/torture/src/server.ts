import type { Connection, Driver } from './pool-under-test.ts';

/** What a program wants to happen; each may take its time, reject or throw. */
export interface Script {
  /** @param nth counts the attempts from 1 */
  readonly create?: (nth: number) => void | Promise<void>;
  readonly destroy?: (connection: Connection) => void | Promise<void>;
  readonly validate?: (connection: Connection) => boolean | Promise<boolean>;
  readonly reset?: (connection: Connection) => Promise<void>;
}

/** The server behind the pool: does what the script says, and knows what is really open. */
export class Server implements Driver {
  readonly #script: Script;
  readonly connections: Connection[] = [];
  readonly validate: Driver['validate'];
  readonly reset: Driver['reset'];
  attempts = 0;
  /** Destroys that have settled, whatever way. */
  destroyed = 0;
  peak = 0;

  constructor(script: Script = {}) {
    this.#script = script;
    this.validate = script.validate;
    this.reset = script.reset;
  }

  get created(): number {
    return this.connections.length;
  }

  /** As the server would count: until a destroy has settled, its connection is open. */
  get open(): number {
    return this.created - this.destroyed;
  }

  // Not async: what the script throws, this throws.
  create(): Promise<Connection> {
    this.attempts++;
    return Promise.resolve(this.#script.create?.(this.attempts)).then(() => {
      const connection: Connection = { id: this.created + 1, isOpen: true, destroys: 0 };
      this.connections.push(connection);
      this.peak = Math.max(this.peak, this.open);
      return connection;
    });
  }

  async destroy(connection: Connection): Promise<void> {
    connection.isOpen = false;
    connection.destroys++;
    try {
      await this.#script.destroy?.(connection);
    } finally {
      this.destroyed++;
    }
  }
}
