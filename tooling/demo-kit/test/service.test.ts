import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AcquireTimeoutError,
  ConnectionLostError,
  LeaseEndedError,
  PoolClosedError,
  QueueFullError,
} from '@pool/core';
import { Service } from '../src/service.ts';
import { seededBank, type FakeBank } from './fake-bank.ts';
import { metricsOf, statsOf } from './fake-metrics.ts';

const diagnosis = { kind: 'overload', message: 'plain overload' } as const;

const rejectWith = (error: Error) => async (): Promise<never> => {
  throw error;
};

describe('the service', () => {
  let bank: FakeBank;
  let service: Service;
  let failures: unknown[];

  beforeEach(async () => {
    bank = await seededBank();
    failures = [];
    service = new Service(bank, { onFailure: (error) => failures.push(error) });
  });

  afterEach(() => service.close());

  const get = (url: string) => service.app.inject({ method: 'GET', url });
  const transfer = (payload: object | string) =>
    service.app.inject({
      method: 'POST',
      url: '/transfer',
      headers: { 'content-type': 'application/json' },
      payload,
    });

  it('GET /users/:id gives the user', async () => {
    const response = await get('/users/2');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ id: 2, name: 'Barbara Allen', email: 'user2@bank.example' });
  });

  it('GET /users/:id/profile gives the user, both accounts and the latest transfers', async () => {
    await transfer({ from: 3, to: 1, amountCents: 250 });
    const response = await get('/users/2/profile');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      user: { id: 2, name: 'Barbara Allen', email: 'user2@bank.example' },
      accounts: [
        { id: 3, userId: 2, kind: 'checking', balanceCents: 497_50 },
        { id: 4, userId: 2, kind: 'savings', balanceCents: 500_00 },
      ],
      transfers: [{ id: '1', from: 3, to: 1, amountCents: 250 }],
    });
  });

  it('POST /transfer moves the money and answers 201', async () => {
    const response = await transfer({ from: 1, to: 2, amountCents: 500_00 });
    expect(response.statusCode).toBe(201);
    expect(response.json()).toEqual({ id: '1', from: 1, to: 2, amountCents: 500_00 });
    expect(await bank.totalMoney()).toBe(3_000_00);
  });

  it.each(['/users/99', '/users/99/profile'])('an unknown user is a 404: %s', async (url) => {
    const response = await get(url);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'UNKNOWN_USER', message: 'there is no user 99' });
  });

  it.each(['/users/0', '/users/-1', '/users/abc', '/users/1.5', '/users/9999999999/profile', '/users/1%27'])(
    'an id that is no id is a 400: %s',
    async (url) => {
      const response = await get(url);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ code: 'FST_ERR_VALIDATION' });
    },
  );

  it.each([
    ['no JSON', '{"from":1,'],
    ['no object', '[1, 2, 3]'],
    ['a field missing', { from: 1, to: 2 }],
    ['an unknown field', { from: 1, to: 2, amountCents: 1, note: 'hi' }],
    ['a text for a number', { from: 1, to: 2, amountCents: '100' }],
    ['nothing to move', { from: 1, to: 2, amountCents: 0 }],
    ['a negative amount', { from: 1, to: 2, amountCents: -5 }],
    ['part of a cent', { from: 1, to: 2, amountCents: 0.5 }],
    ['an amount beyond all bounds', { from: 1, to: 2, amountCents: 1e15 }],
    ['an account that is no id', { from: 0, to: 2, amountCents: 1 }],
    ['the same account twice', { from: 2, to: 2, amountCents: 1 }],
  ])('bad input is a 400 and moves nothing: %s', async (_case, payload) => {
    const response = await transfer(payload);
    expect(response.statusCode).toBe(400);
    expect((await bank.profile(1))?.accounts[0]?.balanceCents).toBe(500_00);
  });

  it.each([
    { from: 99, to: 1, amountCents: 1 },
    { from: 1, to: 99, amountCents: 1 },
  ])('an unknown account is a 404', async (order) => {
    const response = await transfer(order);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'UNKNOWN_ACCOUNT', message: 'there is no account 99' });
  });

  it('an overdraft is a 409 and moves nothing', async () => {
    const response = await transfer({ from: 1, to: 2, amountCents: 500_01 });
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ code: 'OVERDRAFT' });
    expect((await bank.profile(1))?.accounts.map(({ balanceCents }) => balanceCents)).toEqual([
      500_00, 500_00,
    ]);
    expect(failures).toEqual([]);
  });

  it('an unknown route is a 404', async () => {
    expect((await get('/nowhere')).json()).toMatchObject({ statusCode: 404, code: 'UNKNOWN_ROUTE' });
  });

  const stats = statsOf();
  it.each([
    new AcquireTimeoutError({ pool: 'bank', phase: 'queue', waitedMs: 5_000, stats, diagnosis }),
    new QueueFullError({ pool: 'bank', maxWaiting: 100, stats, diagnosis }),
    new PoolClosedError('bank'),
    new ConnectionLostError({ pool: 'bank', outcome: 'not-committed', cause: undefined }),
  ])('want of a connection is a 503 with Retry-After: $code', async (error) => {
    bank.user = rejectWith(error);
    const response = await get('/users/1');
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toEqual({
      statusCode: 503,
      code: error.code,
      message: 'the database has no connection to spare',
    });
    expect(failures).toEqual([error]);
  });

  it.each([
    new Error('password "hunter2" is wrong'),
    new LeaseEndedError({ pool: 'bank', leaseId: 1, message: 'was used after its end' }),
    new ConnectionLostError({ pool: 'bank', outcome: 'unknown', cause: undefined }),
  ])('any other error is a 500 that tells nothing: $name', async (error) => {
    bank.user = rejectWith(error);
    const response = await get('/users/1');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({ statusCode: 500, code: 'INTERNAL', message: 'something went wrong' });
    expect(failures).toEqual([error]);
  });

  it('/livez passes without the database', async () => {
    bank.ping = () => Promise.reject(new Error('down'));
    bank.pools = () => {
      throw new Error('down');
    };
    const response = await get('/livez');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toMatch(/^application\/health\+json/);
    expect(response.json()).toEqual({ status: 'pass' });
  });

  it('/readyz passes while the database answers, and says how many connections are lent', async () => {
    const response = await get('/readyz');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toMatch(/^application\/health\+json/);
    expect(response.json()).toEqual({
      status: 'pass',
      checks: {
        'pool:connections': [{ componentType: 'datastore', observedValue: 0, observedUnit: 'leased' }],
      },
    });
  });

  it('/readyz fails with 503 when the database does not answer', async () => {
    bank.ping = () => Promise.reject(new Error('down'));
    const response = await get('/readyz');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ status: 'fail' });
  });

  it('/readyz only warns when the pool is saturated', async () => {
    bank.ping = () => Promise.reject(new Error('no connection in time'));
    bank.metrics = { pool: metricsOf({ gauges: { leased: 4, idle: 0, waiting: 9 } }) };
    const response = await get('/readyz');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ status: 'warn' });
  });

  it('/stats gives the pools in the words of the core', async () => {
    const connectFailure = { code: 'ECONNREFUSED', attempts: 3, forMs: 100 };
    bank.metrics = { reader: metricsOf({ gauges: { connectFailure }, acquired: 7 }), writer: metricsOf() };
    const response = await get('/stats');
    expect(response.json()).toMatchObject({
      reader: {
        gauges: { max: 4, leased: 0, idle: 4, waiting: 0, connectFailure: { attempts: 3, forMs: 100 } },
        counters: { acquired: 7 },
        waitMs: { count: 0, p99: 0 },
      },
      writer: {},
    });
    expect(response.body).not.toContain('buckets');
  });
});
