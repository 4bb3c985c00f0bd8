import { CommandError } from './command-error.ts';

/** Open cursors: id -> what the engine needs to go on. */
export class Cursors {
  readonly #continuations = new Map<string, Buffer>();

  get count(): number {
    return this.#continuations.size;
  }

  set(id: string, continuation: Buffer): void {
    this.#continuations.set(id, continuation);
  }

  /** @throws {CommandError} when there is no such cursor (any more) */
  get(id: string): Buffer {
    const continuation = this.#continuations.get(id);
    if (continuation === undefined) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
    return continuation;
  }

  delete(id: string): boolean {
    return this.#continuations.delete(id);
  }
}
