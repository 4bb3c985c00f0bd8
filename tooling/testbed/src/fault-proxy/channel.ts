import type { Socket } from 'node:net';
import type { Faults } from './faults.ts';

// More than this waiting to be passed on, and the sender is told to wait: a stalled network has full buffers.
const HIGH_WATER = 64 * 1024;
// With a limited bandwidth, bytes go out in portions of what fits into this time.
const PORTION_MS = 10;

interface Arrived {
  bytes: Buffer;
  readonly dueAt: number;
}

export interface ChannelParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly faults: Faults;
  /** This connection alone is stalled. */
  readonly isStalled: () => boolean;
  readonly onPassed: (bytes: number) => void;
  /** The last byte that `cutAfter` allowed has been passed on. */
  readonly onCut: () => void;
}

/** One direction of one connection: passes bytes on in order, as late and as slowly as the faults say. */
export class Channel {
  readonly #parts: ChannelParts;
  readonly #queue: Arrived[] = [];
  #queuedBytes = 0;
  #endsAt: number | undefined = undefined;
  #freeAt = 0;
  #allowance = Infinity;
  #timer: NodeJS.Timeout | undefined = undefined;
  #isClosed = false;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    parts.from.on('data', (bytes) => this.#arrive(bytes));
    parts.from.on('end', () => this.#end());
    parts.to.on('drain', () => this.pump());
  }

  /** Lets so many more bytes through. */
  cutAfter(bytes: number): void {
    this.#allowance = bytes;
    if (bytes === 0) this.#parts.onCut();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  /** Passes on what is due. To be called after the faults have changed, too. */
  pump(): void {
    clearTimeout(this.#timer);
    while (this.#mayPass()) {
      const waitMs = this.#nextAt() - performance.now();
      if (waitMs === Infinity) return;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        return;
      }
      this.#passOn();
    }
  }

  #mayPass(): boolean {
    const { faults, isStalled, to } = this.#parts;
    return !this.#isClosed && !faults.isStalled && !isStalled() && !to.writableNeedDrain;
  }

  #arrive(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.#queue.push({ bytes, dueAt: performance.now() + this.#parts.faults.latencyMs });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > HIGH_WATER) this.#parts.from.pause();
    this.pump();
  }

  #end(): void {
    this.#endsAt = performance.now() + this.#parts.faults.latencyMs;
    this.pump();
  }

  #nextAt(): number {
    const [head] = this.#queue;
    if (head !== undefined) return Math.max(head.dueAt, this.#freeAt);
    return this.#endsAt ?? Infinity;
  }

  #passOn(): void {
    const [head] = this.#queue;
    if (head === undefined) {
      this.#endsAt = undefined;
      this.#parts.to.end();
      return;
    }
    const portion = head.bytes.subarray(0, this.#portionOf(head.bytes.length));
    head.bytes = head.bytes.subarray(portion.length);
    if (head.bytes.length === 0) this.#queue.shift();
    this.#queuedBytes -= portion.length;
    if (this.#queuedBytes <= HIGH_WATER) this.#parts.from.resume();
    this.#write(portion);
  }

  #portionOf(bytes: number): number {
    const { bandwidth } = this.#parts.faults;
    const inTime = bandwidth === Infinity ? bytes : Math.max(1, Math.floor((bandwidth * PORTION_MS) / 1000));
    return Math.min(bytes, inTime, this.#allowance);
  }

  #write(portion: Buffer): void {
    const { bandwidth } = this.#parts.faults;
    if (bandwidth !== Infinity) this.#freeAt = performance.now() + (portion.length / bandwidth) * 1000;
    this.#allowance -= portion.length;
    this.#parts.onPassed(portion.length);
    if (this.#allowance > 0) {
      this.#parts.to.write(portion);
      return;
    }
    // The cut comes when these bytes are out: a reset overtakes what is still in a buffer.
    this.#isClosed = true;
    this.#parts.to.write(portion, () => this.#parts.onCut());
  }
}
