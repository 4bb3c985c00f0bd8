// Reads along with what mysql2 sends and gets, packet by packet: the server's status flags are in it, and mysql2 shows them only
// for statements without rows. Knows the protocol, and nothing of what the flags are good for.
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from 'mysql2';

/** What is read of mysql2's Packet. */
interface Packet {
  readonly buffer: Buffer;
  readonly end: number;
  offset: number;
  length(): number;
  readLengthCodedNumber(): number;
}

export interface Command extends EventEmitter {
  /** The text of a query; of a statement prepared by `execute`, on both of its commands. */
  readonly sql?: string;
  readonly statement?: { readonly query?: string };
  /** Missing when its events are listened to instead. */
  readonly onResult?: (error: Error) => void;
}

/** mysql2's connection from below: every packet goes through these two methods, whoever sends it. */
export interface DriverInternals {
  handlePacket(packet?: Packet): void;
  writePacket(packet: Packet): void;
  /** The prototype's, unless somebody has put another one before it. */
  addCommand?: (command: Command) => Command;
  readonly sequenceId: number;
  /** A socket, or what `connection.stream` gives instead. */
  readonly stream: Duplex & Partial<Pick<Socket, 'ref' | 'unref'>>;
  readonly config: { readonly charsetNumber: number; readonly clientFlags: number };
  readonly _isMariaDB: boolean;
  readonly _command?: Command | undefined;
  readonly _commands: { readonly length: number; shift(): Command | undefined };
  readonly _paused: boolean;
}

export const internalsOf = (driver: Connection): DriverInternals => driver as unknown as DriverInternals;

export const IN_TRANSACTION = 0x0001;
export const IN_READ_ONLY_TRANSACTION = 0x2000;
const MORE_RESULTS = 0x0008;
const SESSION_STATE_CHANGED = 0x4000;

const COM_QUIT = 0x01;
const COM_QUERY = 0x03;
const COM_CHANGE_USER = 0x11;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;
const COM_STMT_SEND_LONG_DATA = 0x18;
const COM_STMT_CLOSE = 0x19;

/** Commands without an answer, and one whose answers are a handshake. */
const UNANSWERED: ReadonlySet<number> = new Set([
  COM_QUIT,
  COM_CHANGE_USER,
  COM_STMT_SEND_LONG_DATA,
  COM_STMT_CLOSE,
]);

/** Session trackers that a transaction alone does not set off: system variables, schema, state change. */
const LAST_STATE_TRACKER = 2;

export interface WireListener {
  /** A statement is on its way; its text before anything of it has happened. */
  statementSent(sql: string): void;
  userChanged(): void;
  /** A result has ended. `isChanged`: the server says that the session is no longer what it was. */
  statusRead(status: number, isChanged: boolean): void;
  failed(errorNumber: number, message: () => string): void;
}

type Stage = 'quiet' | 'header' | 'fields' | 'rows' | 'definitions';

/** One connection's traffic. */
export class Wire {
  readonly #driver: DriverInternals;
  readonly #listener: WireListener;
  #stage: Stage = 'quiet';
  #isPreparing = false;
  /** The ends of lists still to come in the answer to COM_STMT_PREPARE. */
  #definitions = 0;

  constructor(driver: DriverInternals, listener: WireListener) {
    this.#driver = driver;
    this.#listener = listener;
    const { handlePacket, writePacket } = driver;
    driver.writePacket = (packet) => {
      if (driver.sequenceId === 0) this.#sent(packet.buffer[4]!);
      writePacket.call(driver, packet);
    };
    driver.handlePacket = (packet) => {
      // While paused, mysql2 keeps packets for later, and then comes here again.
      if (packet !== undefined && this.#stage !== 'quiet' && !this.isPaused) this.#received(packet);
      handlePacket.call(driver, packet);
    };
  }

  /** A command waits for its answer, or for its turn. */
  get isBusy(): boolean {
    const { _commands: queued } = this.#driver;
    return this.#stage !== 'quiet' || queued.length > 0;
  }

  /** Nothing is read from the socket. */
  get isPaused(): boolean {
    const { _paused: isPaused } = this.#driver;
    return isPaused;
  }

  #sent(code: number): void {
    if (UNANSWERED.has(code)) {
      if (code === COM_CHANGE_USER) this.#listener.userChanged();
      return;
    }
    this.#isPreparing = code === COM_STMT_PREPARE;
    if (code === COM_QUERY || code === COM_STMT_EXECUTE) this.#listener.statementSent(this.#text());
    this.#stage = 'header';
    // P20: what is waited for keeps the process alive.
    this.#driver.stream.ref?.();
  }

  #text(): string {
    const { _command: command } = this.#driver;
    return command?.sql ?? command?.statement?.query ?? '';
  }

  #received(packet: Packet): void {
    const marker = packet.buffer[packet.offset]!;
    if (marker === 0xff) this.#failed(packet);
    else if (this.#stage === 'header') this.#header(packet, marker);
    else if (marker === 0xfe && packet.length() < 13) this.#listEnded(packet);
  }

  #header(packet: Packet, marker: number): void {
    if (this.#isPreparing) {
      const { buffer, offset } = packet;
      this.#definitions =
        Number(buffer.readUInt16LE(offset + 5) > 0) + Number(buffer.readUInt16LE(offset + 7) > 0);
      if (this.#definitions === 0) this.#settle();
      else this.#stage = 'definitions';
    } else if (marker === 0) this.#ok(packet);
    // 0xfb asks for a local file: what follows it is a header again.
    else if (marker !== 0xfb) this.#stage = 'fields';
  }

  #ok(packet: Packet): void {
    const start = packet.offset;
    packet.offset++;
    packet.readLengthCodedNumber();
    packet.readLengthCodedNumber();
    const status = packet.buffer.readUInt16LE(packet.offset);
    packet.offset += 4;
    const isChanged = (status & SESSION_STATE_CHANGED) !== 0 && hasStateTracker(packet);
    packet.offset = start;
    this.#ended(status, isChanged);
  }

  #listEnded(packet: Packet): void {
    if (this.#stage === 'fields') this.#stage = 'rows';
    else if (this.#stage === 'definitions') {
      if (--this.#definitions === 0) this.#settle();
    } else {
      const status = packet.buffer.readUInt16LE(packet.offset + 3);
      this.#ended(status, (status & SESSION_STATE_CHANGED) !== 0);
    }
  }

  #ended(status: number, isChanged: boolean): void {
    this.#listener.statusRead(status, isChanged);
    if ((status & MORE_RESULTS) === 0) this.#settle();
    else this.#stage = 'header';
  }

  #failed(packet: Packet): void {
    const { buffer, offset, end } = packet;
    this.#settle();
    this.#listener.failed(buffer.readUInt16LE(offset + 1), () => buffer.toString('utf8', offset + 3, end));
  }

  #settle(): void {
    this.#stage = 'quiet';
    this.#driver.stream.unref?.();
  }
}

/** After the status and the warnings: a text, then the trackers, each a type and its data. */
function hasStateTracker(packet: Packet): boolean {
  const textLength = packet.readLengthCodedNumber();
  packet.offset += textLength;
  const length = packet.readLengthCodedNumber();
  const end = packet.offset + length;
  while (packet.offset < end) {
    if (packet.buffer[packet.offset++]! <= LAST_STATE_TRACKER) return true;
    const size = packet.readLengthCodedNumber();
    packet.offset += size;
  }
  return false;
}
