import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../src/fault-proxy.ts';

/** A client that remembers all it heard, and how it ended. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  received = '';
  hasEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }).setEncoding(
      'utf8',
    );
    this.socket.on('data', (text) => void (this.received += String(text)));
    this.socket.on('end', () => void (this.hasEnded = true));
    this.socket.on('error', (error) => void (this.error = error));
    this.closed = new Promise((resolve) => void this.socket.once('close', resolve));
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  async hears(text: string): Promise<void> {
    while (!this.received.includes(text)) await once(this.socket, 'data');
  }
}

let echo: Server;
let proxy: FaultProxy;
let clients: Client[];
const atServer: Socket[] = [];
const joined = (): Client => {
  const client = new Client(proxy.port);
  clients.push(client);
  return client;
};

beforeEach(async () => {
  clients = [];
  atServer.length = 0;
  echo = createServer((socket) => {
    atServer.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port } });
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  echo.close();
});

test('without a fault, bytes arrive as they were sent, and are counted', async () => {
  const client = joined().send('hello');
  await client.hears('hello');

  expect(proxy.counts).toMatchObject({ accepted: 1, open: 1, bytesUp: 5, bytesDown: 5, reset: 0 });
});

test('without a fault, more than any buffer arrives whole', async () => {
  const text = 'x'.repeat(3_000_000);
  const client = joined().send(text);
  client.socket.end();
  await client.closed;

  expect(client.received.length).toBe(text.length);
  expect(proxy.connections).toBe(0);
});

test('latency delays an answer by twice as much, and nothing less', async () => {
  proxy.latencyMs = 20;
  const client = joined();
  await once(client.socket, 'connect');
  const start = performance.now();
  await client.send('slow').hears('slow');

  expect(performance.now() - start).toBeGreaterThanOrEqual(39);
});

test('latency taken away applies to what is sent next on the same connection', async () => {
  proxy.latencyMs = 60_000;
  const client = joined();
  await proxy.until(({ accepted }) => accepted === 1);
  proxy.latencyMs = 0;

  await client.send('quick').hears('quick');
  expect(client.received).toBe('quick');
});

test('a bandwidth of 10,000 bytes a second passes 1,000 bytes in no less than 90 ms', async () => {
  proxy.bandwidth = 10_000;
  const start = performance.now();
  await joined()
    .send(`${'x'.repeat(999)}.`)
    .hears('.');

  expect(performance.now() - start).toBeGreaterThanOrEqual(90);
});

describe('cutAfter', () => {
  test('lets exactly so many bytes down through, then resets', async () => {
    proxy.cutAfter(3, 'down');
    const client = joined().send('abcdef');
    await client.closed;

    expect(client.received).toBe('abc');
    expect(client.error?.code).toBe('ECONNRESET');
    expect(proxy.counts).toMatchObject({ cut: 1, reset: 0, bytesDown: 3 });
  });

  test('counts from now on for a connection that is open', async () => {
    const client = joined().send('before');
    await client.hears('before');
    proxy.cutAfter(2, 'up');
    client.send('abcdef');
    await client.closed;

    expect(client.received.length).toBeLessThanOrEqual('before'.length + 2);
    expect(proxy.counts.cut).toBe(1);
  });

  test('ends with heal', async () => {
    proxy.cutAfter(3, 'down');
    await proxy.heal();

    await joined().send('abcdef').hears('abcdef');
    expect(proxy.counts.cut).toBe(0);
  });
});

test('reset is an ECONNRESET for whoever is connected, and for nobody who comes later', async () => {
  const client = joined().send('a');
  await client.hears('a');
  const serverClosed = new Promise((resolve) => void atServer[0]!.once('close', resolve));
  proxy.reset();
  await Promise.all([client.closed, serverClosed]);

  expect(client.error?.code).toBe('ECONNRESET');
  expect(proxy.counts).toMatchObject({ reset: 1, open: 0, endedByClient: 0, endedByServer: 0 });
  await joined().send('b').hears('b');
});

test('halfClose ends what the client reads, and not what it writes', async () => {
  const client = joined().send('a');
  await client.hears('a');
  proxy.halfClose();
  await once(client.socket, 'end');
  const heard = once(atServer[0]!, 'data');
  client.send('still here');

  expect(String((await heard)[0])).toBe('still here');
  expect(proxy.counts.halfClosed).toBe(1);
});

describe('stall', () => {
  test('lets nothing through until resume, then all of it', async () => {
    const client = joined().send('a');
    await client.hears('a');
    proxy.stall();
    client.send('b');
    await proxy.until(({ bytesUp }) => bytesUp === 2);

    expect(proxy.counts.bytesDown).toBe(1);
    proxy.resume();
    await client.hears('ab');
  });

  test('makes connections to come mute, too', async () => {
    proxy.stall();
    const client = joined().send('a');
    await proxy.until(({ bytesUp }) => bytesUp === 1);

    expect(proxy.counts.bytesDown).toBe(0);
    proxy.resume();
    await client.hears('a');
  });

  test("of the 'open' ones leaves those to come alone", async () => {
    const stuck = joined().send('a');
    await stuck.hears('a');
    proxy.stall('open');
    stuck.send('b');
    await joined().send('c').hears('c');

    expect(stuck.received).toBe('a');
  });
});

test('silence accepts and never answers, and the server hears of nobody', async () => {
  proxy.silence();
  const client = joined().send('anyone?');
  await proxy.until(({ bytesUp }) => bytesUp === 7);
  client.socket.destroy();
  await proxy.until(({ open }) => open === 0);

  expect(atServer).toHaveLength(0);
  expect(proxy.counts).toMatchObject({ accepted: 1, silenced: 1, endedByClient: 1, bytesDown: 0 });
});

test('refuse is an ECONNREFUSED until accept, on the same port; open connections stay', async () => {
  const before = joined().send('a');
  await before.hears('a');
  const { port } = proxy;
  await proxy.refuse();
  const refused = joined();
  await refused.closed;

  expect(refused.error?.code).toBe('ECONNREFUSED');
  await before.send('b').hears('ab');
  await proxy.accept();
  expect(proxy.port).toBe(port);
  await joined().send('c').hears('c');
});

test('who ends a connection first is counted: client or server', async () => {
  const leaving = joined().send('a');
  await leaving.hears('a');
  leaving.socket.end();
  await leaving.closed;
  const left = joined().send('b');
  await left.hears('b');
  atServer[1]!.end();
  await once(left.socket, 'end');

  expect(proxy.counts).toMatchObject({ endedByClient: 1, endedByServer: 1 });
});

test('a server that is not there is a reset', async () => {
  echo.close();
  const client = joined();
  await client.closed;

  expect(client.error?.code).toBe('ECONNRESET');
});

test('close leaves no connection open, and twice is once', async () => {
  const client = joined().send('a');
  await client.hears('a');
  await proxy.close();
  await proxy.close();
  await client.closed;

  expect(proxy.connections).toBe(0);
});
