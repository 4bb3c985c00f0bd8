import type { Binary, Document } from 'bson';
import { noSuchTransaction, type CommandError } from './command-error.ts';
import type { Engine, EngineClient } from './engine.ts';

const LIFETIME_LIMIT_MS = 60_000;

// mongod never waits for another transaction's write: the later one fails at once.
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '5ms'`;

/** A transaction of a session, and the engine's connection that it lives on while it is open. */
export class Transaction {
  readonly number: string;
  state: 'open' | 'committed' | 'aborted' = 'open';
  #client: EngineClient | undefined;
  readonly #expiry: NodeJS.Timeout;

  constructor(number: string, client: EngineClient) {
    this.number = number;
    this.#client = client;
    this.#expiry = setTimeout(() => void this.abort(), LIFETIME_LIMIT_MS);
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** @throws {CommandError} when it has ended */
  get client(): EngineClient {
    if (this.#client === undefined) throw this.#ended();
    return this.#client;
  }

  /** Again after a success is a success: the answer to the first one may have been lost. */
  async commit(): Promise<void> {
    if (this.state === 'committed') return;
    const client = this.#take('committed');
    if (client === undefined) throw this.#ended();
    try {
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      this.state = 'aborted';
      client.release(true);
      throw error;
    }
  }

  /** Of one that has ended: nothing happens. */
  async abort(): Promise<void> {
    const client = this.#take('aborted');
    if (client === undefined) return;
    try {
      await client.query('ROLLBACK');
      client.release();
    } catch {
      client.release(true);
    }
  }

  #take(state: 'committed' | 'aborted'): EngineClient | undefined {
    const client = this.#client;
    if (client === undefined) return undefined;
    this.#client = undefined;
    this.state = state;
    clearTimeout(this.#expiry);
    return client;
  }

  #ended(): CommandError {
    return noSuchTransaction(`Transaction with { txnNumber: ${this.number} } has been ${this.state}.`);
  }
}

/** The transactions of all sessions: the latest of each. */
export class Transactions {
  readonly #engine: Engine;
  readonly #bySession = new Map<string, Transaction>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get openCount(): number {
    return [...this.#bySession.values()].filter(({ isOpen }) => isOpen).length;
  }

  /** The transaction that the command belongs to, begun if the command says so. */
  async of(command: Document): Promise<Transaction | undefined> {
    if (command['autocommit'] !== false) return undefined;
    const session = sessionKey(command['lsid'] as Document);
    const number = String(command['txnNumber']);
    if (command['startTransaction'] === true) return this.#begin(session, number);
    const transaction = this.#bySession.get(session);
    if (transaction?.number === number) return transaction;
    throw noSuchTransaction(
      `Given transaction number ${number} does not match any in-progress transactions.`,
    );
  }

  async end(sessions: readonly Document[]): Promise<void> {
    for (const lsid of sessions) {
      const key = sessionKey(lsid);
      const transaction = this.#bySession.get(key);
      this.#bySession.delete(key);
      await transaction?.abort();
    }
  }

  /** A new primary knows of none; the numbers stay known, so that a retried commit is still one. */
  async abortAll(): Promise<void> {
    await Promise.all([...this.#bySession.values()].map((transaction) => transaction.abort()));
  }

  async #begin(session: string, number: string): Promise<Transaction> {
    await this.#bySession.get(session)?.abort();
    const client = await this.#engine.connect();
    try {
      await client.query(BEGIN);
    } catch (error) {
      client.release(true);
      throw error;
    }
    const transaction = new Transaction(number, client);
    this.#bySession.set(session, transaction);
    return transaction;
  }
}

/** What a session is known by; also the first half of the key of a retryable write. */
export function sessionKey(lsid: Document): string {
  return (lsid['id'] as Binary).toString('hex');
}
