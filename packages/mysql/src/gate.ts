// Keeps commands from a connection whose call was interrupted: its work may still have it in hand.
import type { Command, DriverInternals } from './wire.ts';

export class Gate {
  readonly #driver: DriverInternals;
  readonly #refuse = (command: Command): Command => {
    // As an answer would: not before its sender listens.
    process.nextTick(fail, command);
    return command;
  };

  constructor(driver: DriverInternals) {
    this.#driver = driver;
  }

  /** Fails what was not sent yet, and what comes until `open`. */
  close(): void {
    const { _commands: queued } = this.#driver;
    while (queued.length > 0) fail(queued.shift()!);
    this.#driver.addCommand = this.#refuse;
  }

  open(): void {
    // mysql2 puts a method of its own there when the connection is closed: that one stays.
    if (this.#driver.addCommand === this.#refuse) delete this.#driver.addCommand;
  }
}

function fail(command: Command): void {
  const error = new Error('not sent: the call was interrupted');
  if (command.onResult !== undefined) command.onResult(error);
  else if (command.listenerCount('error') > 0) command.emit('error', error);
}
