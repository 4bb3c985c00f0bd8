// Owns the CancelRequest: a connection of its own to the very server, which closes it when it has passed the request on.
import { Connection, type Client } from 'pg';
import { backendKeyOf, wireOf, type StreamMaker, type Wire } from './driver.ts';

interface Route {
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  readonly sslNegotiation: string;
}

/**
 * Asks the server to cancel what the client's backend is doing. Resolves when the server has acknowledged that.
 *
 * The request names a backend, not a statement: what the backend does when it arrives is what is cancelled.
 */
export async function cancelBackend(
  client: Client,
  signal: AbortSignal,
  openStream?: StreamMaker,
): Promise<void> {
  const key = backendKeyOf(client);
  if (key === undefined) throw new Error('the server has given no key to cancel with');
  // The config's own way to the server knows by itself where that is.
  const { host, port, ssl, sslNegotiation } =
    openStream === undefined ? routeOf(client) : namedRouteOf(client);
  const config = { ssl, sslNegotiation, keepAlive: false, stream: openStream };
  const wire = new Connection(config as never) as unknown as Wire & {
    connect(port: number | string, host?: string): void;
    requestSsl(): void;
    cancel(pid: number, secret: number): void;
  };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cut = (): void => void wire.stream.destroy();
  const ask = (): void => wire.cancel(key.pid, key.secret);
  let isAsked = false;
  wire.once('error', reject);
  wire.on('error', () => undefined);
  wire.once('end', () => (isAsked ? resolve() : reject(new Error('the cancel request was not sent'))));
  const send = (): void => {
    isAsked = true;
    ask();
  };
  wire.once(ssl ? 'sslconnect' : 'connect', send);
  if (ssl && sslNegotiation !== 'direct') wire.once('connect', () => wire.requestSsl());
  signal.addEventListener('abort', cut, { once: true });
  if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
  else wire.connect(port, host);
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

function namedRouteOf(client: Client): Route {
  const { host, port, ssl } = client;
  const { sslNegotiation = 'postgres' } = client as unknown as { sslNegotiation?: string };
  return { host, port, ssl, sslNegotiation };
}

/** To the address that the client is connected to: its name may mean another server by now. */
function routeOf(client: Client): Route {
  const route = namedRouteOf(client);
  const { host, ssl } = route;
  const address = host.startsWith('/') ? host : (wireOf(client).stream.remoteAddress ?? host);
  if (!ssl || address === host) return { ...route, host: address };
  return { ...route, host: address, ssl: namedSsl(ssl, host) };
}

/** The certificate is that of the name. */
function namedSsl(ssl: unknown, servername: string): object {
  if (typeof ssl !== 'object' || ssl === null) return { servername };
  // pg has made the key one that is not enumerated.
  return { ...ssl, ...('key' in ssl ? { key: ssl.key } : {}), servername };
}
