import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  type Direction,
  DIRECTIONS,
  type Faults,
  noCounts,
  noFaults,
  type ProxyCounts,
} from './fault-proxy/faults.ts';
import { Link } from './fault-proxy/link.ts';

export type { Direction, ProxyCounts } from './fault-proxy/faults.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface FaultProxyOptions {
  /** The real server. */
  readonly to: Address;
  /** @defaultValue 0 */
  readonly latencyMs?: number;
  /** Bytes a second in each direction of each connection. @defaultValue Infinity */
  readonly bandwidth?: number;
}

const LOOPBACK = '127.0.0.1';

/** A TCP server on the loopback that passes everything on, until it is told to fail. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(options);
  await proxy.accept();
  return proxy;
}

/**
 * The network between a pool and its server, with its faults at run time. Made by `startFaultProxy`.
 *
 * A fault holds for connections that are open and for those to come, unless its description says otherwise.
 */
export class FaultProxy {
  readonly host: string = LOOPBACK;
  readonly counts: ProxyCounts = noCounts();
  readonly #to: Address;
  readonly #faults: Faults = noFaults();
  readonly #links = new Set<Link>();
  readonly #allowances: Partial<Record<Direction, number>> = {};
  readonly #watchers = new Set<() => void>();
  #listener: Server | undefined = undefined;
  #port = 0;

  /** Use `startFaultProxy`. */
  constructor({ to, latencyMs, bandwidth }: FaultProxyOptions) {
    this.#to = to;
    this.latencyMs = latencyMs ?? 0;
    this.bandwidth = bandwidth ?? Infinity;
  }

  /** Where it listens: what a client is given instead of the server's. */
  get address(): Address {
    return { host: this.host, port: this.#port };
  }

  /** The same for the whole life of the proxy. */
  get port(): number {
    return this.#port;
  }

  /** Open connections, as the clients see it. */
  get connections(): number {
    return this.counts.open;
  }

  /** Added to each direction; bytes that are on their way keep what they had. */
  get latencyMs(): number {
    return this.#faults.latencyMs;
  }

  set latencyMs(value: number) {
    this.#change({ latencyMs: value });
  }

  /** Bytes a second, in each direction of each connection. */
  get bandwidth(): number {
    return this.#faults.bandwidth;
  }

  set bandwidth(value: number) {
    this.#change({ bandwidth: value });
  }

  /** Resets each connection when so many more bytes went that way: in the middle of a message, if need be. */
  cutAfter(bytes: number, direction: Direction): void {
    this.#allowances[direction] = bytes;
    for (const link of this.#links) link.cutAfter(bytes, direction);
  }

  /** RST to both sides of the connections that are open now. */
  reset(): void {
    for (const link of this.#links) link.reset();
  }

  /** FIN from the server's side to the clients that are connected now, which may go on sending. */
  halfClose(): void {
    for (const link of this.#links) link.halfClose();
  }

  /**
   * Nothing gets through, and nobody is told: a cable pulled out, a firewall that drops.
   *
   * @param which `open`: only what is connected now, as when one path of several dies; otherwise also what comes
   */
  stall(which: 'all' | 'open' = 'all'): void {
    if (which === 'all') this.#change({ isStalled: true });
    for (const link of this.#links) link.stall();
  }

  /** Undoes `stall`: what was sent meanwhile arrives. */
  resume(): void {
    this.#change({ isStalled: false });
    for (const link of this.#links) link.resume();
  }

  /** Connections to come are accepted, and never answered: a server that is up and stuck. */
  silence(): void {
    this.#change({ isSilent: true });
  }

  /** Stops listening: new connections are refused by the system. Open ones stay. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener?.listening !== true) return;
    // Its callback waits for open connections; the port is free at once.
    listener.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Undoes `refuse` and `silence`: listens on the same port, and passes on. */
  async accept(): Promise<void> {
    this.#change({ isSilent: false });
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#connected(client));
    this.#listener = listener;
    listener.listen(this.#port, LOOPBACK);
    await once(listener, 'listening');
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** All faults end, for connections to come too. */
  async heal(): Promise<void> {
    for (const direction of DIRECTIONS) delete this.#allowances[direction];
    for (const link of this.#links) for (const direction of DIRECTIONS) link.cutAfter(Infinity, direction);
    this.#change(noFaults());
    this.resume();
    await this.accept();
  }

  /** Resolves as soon as the counts are as the predicate wants them: what a test awaits instead of sleeping. */
  until(predicate: (counts: Readonly<ProxyCounts>) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!predicate(this.counts)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Stops listening and resets what is open. */
  async close(): Promise<void> {
    await this.refuse();
    this.reset();
    await this.until(({ open }) => open === 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connected(client: Socket): void {
    const { counts } = this;
    const isSilent = this.#faults.isSilent;
    const server = isSilent ? undefined : connect({ ...this.#to, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    counts.accepted++;
    counts.open++;
    if (isSilent) counts.silenced++;
    const onChanged = (): void => this.#changed();
    const onClosed = (): void => void this.#links.delete(link);
    const link = new Link({ client, server, faults: this.#faults, counts, onChanged, onClosed });
    this.#links.add(link);
    for (const direction of DIRECTIONS) {
      const allowance = this.#allowances[direction];
      if (allowance !== undefined) link.cutAfter(allowance, direction);
    }
    this.#changed();
  }

  #change(faults: Partial<Faults>): void {
    Object.assign(this.#faults, faults);
    for (const link of this.#links) link.pump();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
