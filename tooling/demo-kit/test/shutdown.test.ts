import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../src/service.ts';
import { seededBank, type FakeBank } from './fake-bank.ts';

describe('closing the service', () => {
  let bank: FakeBank;
  let service: Service;
  let url: string;

  beforeEach(async () => {
    bank = await seededBank();
    service = new Service(bank);
    url = await service.listen(0);
  });

  afterEach(() => service.close());

  it('is not ready from the first moment on, and serves until it stops listening', async () => {
    const closed = service.close(100);
    const [ready, alive, user] = await Promise.all([
      service.app.inject('/readyz'),
      service.app.inject('/livez'),
      service.app.inject('/users/1'),
    ]);
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ status: 'fail' });
    expect(alive.statusCode).toBe(200);
    expect(user.statusCode).toBe(200);
    expect(user.headers['connection']).toBe('close');
    await closed;
    await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed');
  });

  it('waits for the request that it is serving', async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { user } = bank;
    bank.user = async (id) => {
      begun.resolve();
      await release.promise;
      return user.call(bank, id);
    };
    const response = fetch(`${url}/users/1`);
    await begun.promise;
    let isClosed = false;
    const closed = service.close().then(() => (isClosed = true));
    // Long enough for a close that does not wait.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).toBe(false);
    release.resolve();
    expect((await response).status).toBe(200);
    await closed;
  });

  it('waits for the work of a client that hung up', async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let isDone = false;
    bank.user = async () => {
      begun.resolve();
      await release.promise;
      isDone = true;
      return undefined;
    };
    const client = new AbortController();
    const response = fetch(`${url}/users/1`, { signal: client.signal });
    await begun.promise;
    client.abort();
    await expect(response).rejects.toThrow('aborted');
    const closed = service.close();
    setImmediate(release.resolve);
    await closed;
    expect(isDone).toBe(true);
  });

  it('does not wait for idle keep-alive connections', async () => {
    expect((await fetch(`${url}/livez`)).headers.get('connection')).toBe('keep-alive');
    await service.close();
  });
});
