// A MongoDB server for the official drivers: the wire protocol and a replica set in front of a document engine.
// Real: storage, indexes, aggregation, cursors, snapshot transactions with write conflicts. Simulated: the set, its
// elections, mongod's failCommand fail points. Missing: change streams, TLS, compression, $where, explain.
import type { Document } from 'bson';
import { parse, type Body } from '../wire.ts';
import { ClusterClock } from './cluster-time.ts';
import { CommandError, interruptedByElection } from './command-error.ts';
import { Connection } from './connection.ts';
import { currentOperationsQuery, withCurrentOperations } from './current-operations.ts';
import { Cursors } from './cursors.ts';
import { ENGINE_COMMANDS, WRITE_COMMANDS, type EngineCommand } from './engine-commands.ts';
import { fromEngine } from './engine-errors.ts';
import { Engine } from './engine.ts';
import type { Operation } from './operation.ts';
import { Operations } from './operations.ts';
import { ReplicaSet } from './replica-set.ts';
import { Users } from './scram.ts';
import { SERVER_COMMANDS } from './server-commands.ts';
import type { SetNode } from './set-node.ts';
import { Transactions, type Transaction } from './transactions.ts';

export interface FrontOptions {
  /** Where the engine's socket is. */
  readonly engine: string;
  readonly nodes: number;
  /** @defaultValue 300 */
  readonly electionMs?: number;
}

export class Front {
  readonly clock = new ClusterClock();
  readonly operations = new Operations();
  readonly cursors = new Cursors();
  readonly users = new Users();
  readonly connections = new Set<Connection>();
  readonly transactions: Transactions;
  readonly set: ReplicaSet;
  readonly #engine: Engine;

  constructor({ engine, nodes, electionMs = 300 }: FrontOptions) {
    this.#engine = new Engine(engine);
    this.transactions = new Transactions(this.#engine);
    this.set = new ReplicaSet({
      nodes,
      electionMs,
      clock: this.clock,
      serve: (node, socket) => {
        const connection = new Connection(this, node, socket);
        this.connections.add(connection);
        socket.on('close', () => this.connections.delete(connection));
      },
      primaryLost: () => this.#endPrimaryWork(),
    });
  }

  start(): Promise<void> {
    return this.set.start();
  }

  async stop(): Promise<void> {
    await this.set.stop();
    await this.transactions.abortAll();
    await this.#engine.close();
  }

  /** @throws {CommandError} */
  async execute(node: SetNode, connection: Connection, operation: Operation): Promise<Body> {
    const { name, command } = operation;
    this.#checkRole(node, name, command);
    try {
      const answer = SERVER_COMMANDS[name];
      if (answer !== undefined) return await answer({ front: this, node, connection, operation, command });
      if (name === 'currentOp') return await this.#currentOperations(node, operation);
      const run = ENGINE_COMMANDS[name];
      if (run === undefined) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`);
      return await this.#runOnEngine(operation, withCurrentOperations(this, node, command), run);
    } catch (error) {
      throw fromEngine(error, command['autocommit'] === false);
    }
  }

  async #currentOperations(node: SetNode, operation: Operation): Promise<Body> {
    const query = currentOperationsQuery(this, node, operation.command);
    const page = await this.#runAlone(operation, query, ENGINE_COMMANDS['aggregate']!);
    const { cursor } = Buffer.isBuffer(page) ? parse(page) : page;
    return { inprog: (cursor as Document)['firstBatch'], ok: 1 };
  }

  /** Inside the command's transaction, if it has one, which ends with the first error. */
  async #runOnEngine(operation: Operation, command: Document, run: EngineCommand): Promise<Body> {
    const transaction = await this.transactions.of(command);
    return transaction === undefined
      ? this.#runAlone(operation, command, run)
      : this.#runInside(transaction, operation, command, run);
  }

  async #runAlone(operation: Operation, command: Document, run: EngineCommand): Promise<Body> {
    const client = await this.#engine.connect();
    const context = { client, database: operation.database, command, cursors: this.cursors };
    try {
      return await this.#engine.interruptible(client, operation.signal, () => run(context));
    } finally {
      // A cancel may still be on its way to this backend: nobody else is to meet it.
      client.release(operation.signal.aborted);
    }
  }

  async #runInside(
    transaction: Transaction,
    operation: Operation,
    command: Document,
    run: EngineCommand,
  ): Promise<Body> {
    const { client } = transaction;
    const context = { client, database: operation.database, command, cursors: this.cursors };
    try {
      const reply = await this.#engine.interruptible(client, operation.signal, () => run(context));
      if (!Buffer.isBuffer(reply) && 'writeErrors' in reply) await transaction.abort();
      return reply;
    } catch (error) {
      await transaction.abort();
      throw error;
    }
  }

  /** A primary that steps down ends its writes and its transactions: the next one knows nothing of them. */
  #endPrimaryWork(): void {
    this.operations.interrupt(
      interruptedByElection(),
      ({ name, command }) => WRITE_COMMANDS.has(name) || command['autocommit'] === false,
    );
    void this.transactions.abortAll();
  }

  #checkRole(node: SetNode, name: string, command: Document): void {
    if (this.set.isPrimary(node)) return;
    if (WRITE_COMMANDS.has(name) || writesByPipeline(command)) {
      throw new CommandError(10_107, 'NotWritablePrimary', 'not primary');
    }
    const isRead = Object.hasOwn(ENGINE_COMMANDS, name) && name !== 'getMore';
    const mode = (command['$readPreference'] as Document | undefined)?.['mode'] ?? 'primary';
    if (isRead && mode === 'primary') {
      throw new CommandError(13_435, 'NotPrimaryNoSecondaryOk', 'not primary and secondaryOk=false');
    }
  }
}

function writesByPipeline(command: Document): boolean {
  const pipeline = command['pipeline'] as readonly Document[] | undefined;
  return pipeline?.some((stage) => '$out' in stage || '$merge' in stage) ?? false;
}
