import type { Socket } from 'node:net';
import { Channel } from './channel.ts';
import type { Direction, Faults, ProxyCounts } from './faults.ts';

export interface LinkParts {
  readonly client: Socket;
  /** Undefined: the client talks to nobody. */
  readonly server: Socket | undefined;
  readonly faults: Faults;
  readonly counts: ProxyCounts;
  readonly onChanged: () => void;
  readonly onClosed: () => void;
}

/** One client's connection through the proxy. */
export class Link {
  readonly #parts: LinkParts;
  readonly #channels: Partial<Record<Direction, Channel>> = {};
  #isEnded = false;
  #isStalled = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    const { client, server, counts } = parts;
    this.#follow(client, 'endedByClient');
    client.on('data', (bytes) => this.#count('bytesUp', bytes.length));
    client.on('close', () => {
      counts.open--;
      parts.onClosed();
      parts.onChanged();
    });
    if (server === undefined) return;
    this.#follow(server, 'endedByServer');
    this.#channels.up = this.#channel(client, server, 'up');
    this.#channels.down = this.#channel(server, client, 'down');
  }

  /** Goes on with what is due, if the faults allow it. */
  pump(): void {
    this.#channels.up?.pump();
    this.#channels.down?.pump();
  }

  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    this.pump();
  }

  cutAfter(bytes: number, direction: Direction): void {
    this.#channels[direction]?.cutAfter(bytes);
  }

  /** RST to both sides. */
  reset(): void {
    if (!this.#isEnded) this.#count('reset', 1);
    this.#destroy();
  }

  /** FIN to the client, as from a server that will send no more; what the client sends still goes through. */
  halfClose(): void {
    this.#channels.down?.close();
    this.#parts.client.end();
    this.#count('halfClosed', 1);
  }

  #channel(from: Socket, to: Socket, direction: Direction): Channel {
    const onPassed = (bytes: number): void => {
      if (direction === 'down') this.#count('bytesDown', bytes);
    };
    const onCut = (): void => {
      if (!this.#isEnded) this.#count('cut', 1);
      this.#destroy();
    };
    const isStalled = (): boolean => this.#isStalled;
    return new Channel({ from, to, faults: this.#parts.faults, isStalled, onPassed, onCut });
  }

  /** Who ends first is counted; a reset of one side is a reset of the other. */
  #follow(socket: Socket, who: 'endedByClient' | 'endedByServer'): void {
    const ended = (): void => {
      if (!this.#isEnded) this.#count(who, 1);
      this.#isEnded = true;
    };
    socket.on('end', ended);
    socket.on('error', () => {
      ended();
      this.#destroy();
    });
    socket.on('close', () => {
      const { client, server } = this.#parts;
      if (server === undefined || (client.destroyed && server.destroyed)) this.#closeChannels();
    });
    // In silence nobody answers the client's FIN but us.
    if (this.#parts.server === undefined) socket.on('end', () => socket.end());
  }

  #destroy(): void {
    this.#isEnded = true;
    this.#closeChannels();
    this.#parts.client.resetAndDestroy();
    this.#parts.server?.resetAndDestroy();
  }

  #closeChannels(): void {
    this.#channels.up?.close();
    this.#channels.down?.close();
  }

  #count(what: keyof ProxyCounts, by: number): void {
    this.#parts.counts[what] += by;
    this.#parts.onChanged();
  }
}
