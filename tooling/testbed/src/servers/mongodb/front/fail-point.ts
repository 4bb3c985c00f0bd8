import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'bson';
import { CommandError } from './command-error.ts';

/** mongod's `failCommand`: the commands it names fail, hang or lose their connection, so many times. */
export class FailPoint {
  readonly #data: Document;
  #skip: number;
  #left: number;
  #entered = 0;

  /** @param command a `configureFailPoint` that does not say "off" */
  constructor(command: Document) {
    if (command['configureFailPoint'] !== 'failCommand') {
      throw new CommandError(27, 'FailPointSetFailed', 'only failCommand is known here');
    }
    const mode = command['mode'] as { times?: number; skip?: number } | 'alwaysOn';
    this.#data = (command['data'] as Document | undefined) ?? {};
    this.#left = typeof mode === 'object' ? (mode.times ?? Infinity) : Infinity;
    this.#skip = typeof mode === 'object' ? (mode.skip ?? 0) : 0;
  }

  /** How often it has acted, as `configureFailPoint` reports it. */
  get entered(): number {
    return this.#entered;
  }

  /** Whether it acts on this command; asking counts. */
  applies(name: string, appName: string | undefined): boolean {
    const commands = (this.#data['failCommands'] as string[] | undefined) ?? [];
    const wanted = this.#data['appName'] as string | undefined;
    if (!commands.includes(name) || (wanted !== undefined && wanted !== appName)) return false;
    if (this.#left === 0) return false;
    if (this.#skip > 0) {
      this.#skip--;
      return false;
    }
    this.#left--;
    this.#entered++;
    return true;
  }

  /**
   * Does what it is for, and says whether the connection is to be closed.
   *
   * @throws {CommandError} when the command is to fail, unlike one that only waits
   */
  async act(name: string, signal: AbortSignal): Promise<'close' | undefined> {
    const { blockConnection, blockTimeMS, closeConnection, errorCode, errorLabels } = this.#data;
    if (blockConnection === true) await sleep(blockTimeMS as number, undefined, { signal });
    if (closeConnection === true) return 'close';
    if (errorCode !== undefined) {
      const message = `Failing command via 'failCommand' failpoint: ${name}`;
      throw new FailPointError(
        errorCode as number,
        'FailPoint',
        message,
        errorLabels as string[] | undefined,
      );
    }
    return undefined;
  }

  /** Added to the reply of a command that succeeded. */
  get writeConcernError(): Document | undefined {
    return this.#data['writeConcernError'] as Document | undefined;
  }
}

/** An error ordered by a fail point: labels that it was given are all that it has. */
export class FailPointError extends CommandError {
  readonly hasOwnLabels: boolean;

  constructor(code: number, codeName: string, message: string, labels: readonly string[] | undefined) {
    super(code, codeName, message, labels ?? []);
    this.hasOwnLabels = labels !== undefined;
  }
}
