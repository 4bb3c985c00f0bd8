// Owns the connection that is lent: pg's own client, which tells its session what is sent.
import type { Client, ClientConfig } from 'pg';
import type { ClientClass } from './driver.ts';
import { Session } from './session.ts';

const SESSION: unique symbol = Symbol('session');

/** The members that we build on, without the overloads of pg's `query`. */
interface Base {
  query(...args: unknown[]): unknown;
}

export function sessionOf(client: Client): Session {
  return (client as unknown as { [SESSION]: Session })[SESSION];
}

/** A subclass of this class of clients, so that whoever borrows one has what the driver documents. */
export function pooledClass(driverClass: ClientClass): ClientClass {
  class PooledClient extends (driverClass as unknown as new (config?: ClientConfig) => Base) {
    declare readonly [SESSION]: Session;

    constructor(config?: ClientConfig) {
      super(config);
      // Not enumerable: a client that is printed or compared looks like any other.
      Object.defineProperty(this, SESSION, { value: new Session(this as unknown as Client) });
    }

    override query(...args: unknown[]): unknown {
      const session = this[SESSION];
      const first = args[0] as string | { text?: string; name?: string } | null;
      if (typeof first === 'string') {
        session.sending(first);
      } else if (first !== null && typeof first === 'object') {
        session.sending(first.text);
        if (first.name !== undefined && !session.mayName) args[0] = { ...first, name: undefined };
      }
      return super.query(...args);
    }
  }
  return PooledClient as unknown as ClientClass;
}
