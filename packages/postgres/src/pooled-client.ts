// Owns the connection that is lent: pg's own client, which tells its session what is sent.
import type { Client, ClientConfig } from 'pg';
import type { ClientClass } from './driver.ts';
import { Session, type Statement } from './session.ts';

const SESSION: unique symbol = Symbol('session');

/** The members that we build on, without the overloads of pg's `query`. */
interface Base {
  query(...args: unknown[]): unknown;
}

/** Tells of an error as pg's `query` does: by its callback, or by its promise. */
function refuse(args: readonly unknown[], error: unknown): Promise<never> | undefined {
  // What speaks the protocol by itself is what `query` returns: there is nobody to reject.
  if (typeof args[0] === 'object' && args[0] !== null && 'submit' in args[0]) throw error;
  const callback = args.at(-1);
  if (typeof callback !== 'function') return Promise.reject(error);
  process.nextTick(callback, error);
  return undefined;
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
      Object.defineProperty(this, SESSION, { value: new Session(this as unknown as Client, config?.stream) });
    }

    override query(...args: unknown[]): unknown {
      const session = this[SESSION];
      const first = args[0] as Statement | string | null;
      try {
        if (typeof first === 'string') session.sending(first);
        else if (first !== null && typeof first === 'object') args[0] = session.sendingConfig(first);
      } catch (error) {
        return refuse(args, error);
      }
      return super.query(...args);
    }
  }
  // Libraries go by the name: Drizzle takes whatever is called something with "Pool" for a pool.
  Object.defineProperty(PooledClient, 'name', { value: driverClass.name });
  return PooledClient as unknown as ClientClass;
}
