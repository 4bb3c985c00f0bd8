/** As seen from the client: `up` goes to the server, `down` comes from it. */
export type Direction = 'up' | 'down';

export const DIRECTIONS: readonly Direction[] = ['up', 'down'];

/** What is wrong with the network now. Read at every step, so a change is felt by what is under way. */
export interface Faults {
  /** Added to whatever arrives from now on. */
  latencyMs: number;
  /** Bytes a second in each direction of each connection. */
  bandwidth: number;
  isStalled: boolean;
  /** New connections are accepted and hear nothing. */
  isSilent: boolean;
}

export function noFaults(): Faults {
  return { latencyMs: 0, bandwidth: Infinity, isStalled: false, isSilent: false };
}

/** What happened since the proxy started. */
export interface ProxyCounts {
  /** Connections accepted, those in silence included. */
  accepted: number;
  /** Accepted while the proxy was silent: the server never heard of them. */
  silenced: number;
  /** Open now, as the client sees it. */
  open: number;
  /** Bytes received from the clients, and passed on to them. */
  bytesUp: number;
  bytesDown: number;
  /** Connections that the client ended, by FIN or RST, before anybody else did. */
  endedByClient: number;
  endedByServer: number;
  /** Connections that the proxy reset: by `reset`, and by `cutAfter`. */
  reset: number;
  cut: number;
  halfClosed: number;
}

export function noCounts(): ProxyCounts {
  return {
    accepted: 0,
    silenced: 0,
    open: 0,
    bytesUp: 0,
    bytesDown: 0,
    endedByClient: 0,
    endedByServer: 0,
    reset: 0,
    cut: 0,
    halfClosed: 0,
  };
}
