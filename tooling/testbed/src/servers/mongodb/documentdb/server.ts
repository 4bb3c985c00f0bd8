// DocumentDB, the document engine for PostgreSQL, behind a front that speaks MongoDB's wire protocol: for machines on which
// no mongod can be had. This side starts it and gives it orders.
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGuardian, type Guardian } from '../../guardian.ts';
import type { MongoNode, PrivateMongo } from '../private-mongo.ts';
import type { Answer, Order, Serving } from './orders.ts';
import { ensureTree, TEMPLATE } from './tree.ts';

const exec = promisify(execFile);

const SERVE = fileURLToPath(new URL('./serve.ts', import.meta.url));

/** Starts an empty replica set of so many nodes over one engine. Builds the server tree first, if there is none. */
export async function startDocumentDb(nodes: number): Promise<PrivateMongo> {
  const tree = await ensureTree();
  const directory = await mkdtemp(join(tree, 'tmp', 'pool-'));
  const guardian = startGuardian(directory, 'TERM');
  try {
    await exec('cp', ['-a', '--reflink=auto', '-T', join(tree, TEMPLATE), directory]);
    const child = fork(SERVE, [tree, `/${relative(tree, directory)}`, String(nodes)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // A process group of its own: Ctrl-C in a terminal is for the parent to handle.
      detached: true,
    });
    guardian.watch(child.pid);
    return new DocumentDb(child, guardian, await serving(child));
  } catch (error) {
    await guardian.finish();
    throw error;
  }
}

async function serving(child: ChildProcess): Promise<Serving> {
  const [what] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [
    Serving | number | null,
  ];
  if (what === null || typeof what === 'number') throw new Error(`the server process ended with ${what}`);
  return what;
}

class DocumentDb implements PrivateMongo {
  readonly description = 'DocumentDB (PostgreSQL 18) behind the front of this testbed';
  readonly url: string;
  readonly nodes: readonly MongoNode[];
  readonly #child: ChildProcess;
  readonly #guardian: Guardian;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(child: ChildProcess, guardian: Guardian, { url, addresses }: Serving) {
    this.#child = child;
    this.#guardian = guardian;
    this.url = url;
    this.nodes = addresses.map((address, index) => ({
      address,
      stop: () => this.#order({ verb: 'stopNode', index }),
      start: () => this.#order({ verb: 'startNode', index }),
    }));
    child.on('message', (answer: Answer) => this.#pending.get(answer.id)?.(answer));
    child.once('exit', () => this.#fail());
    // It must not keep a process alive that has nothing else to do.
    child.unref();
    child.channel?.unref();
  }

  stepDown(seconds = 1): Promise<void> {
    return this.#order({ verb: 'stepDown', seconds });
  }

  cutConnections(): Promise<void> {
    return this.#order({ verb: 'cut' });
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** The guardian ends the process, paused or not, and waits for it. */
  async remove(): Promise<void> {
    await this.#guardian.finish();
  }

  async #order(order: Order): Promise<void> {
    const id = ++this.#lastId;
    const answered = Promise.withResolvers<Answer>();
    this.#pending.set(id, answered.resolve);
    this.#child.channel?.ref();
    this.#child.send({ id, order });
    const { error } = await answered.promise;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#child.channel?.unref();
    if (error !== undefined) throw new Error(error);
  }

  #fail(): void {
    for (const [id, resolve] of this.#pending) resolve({ id, error: 'the server process has ended' });
  }
}
