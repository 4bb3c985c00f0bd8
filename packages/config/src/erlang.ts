/**
 * Erlang B: the share of arrivals that find all `servers` busy, when nobody waits.
 *
 * By the recursion B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)), which overflows nowhere; factorials would.
 */
function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** Erlang C: the probability that an arrival waits at all. `load` in erlangs; at or above `servers` everybody waits. */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1;
  const blocked = erlangB(servers, load);
  return (servers * blocked) / (servers - load * (1 - blocked));
}

/** The probability to wait longer than `holds` mean hold times. */
export function waitBeyond(holds: number, servers: number, load: number): number {
  if (load >= servers) return 1;
  return erlangC(servers, load) * Math.exp(-(servers - load) * holds);
}
