import {
  MongoCompatibilityError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  type TopologyDescription,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { classifyConnect, isRetryable } from '../src/driver-errors.ts';

const certificate = Object.assign(new Error('self-signed certificate'), {
  code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
});
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const behind = (cause: Error): Error => new MongoNetworkError(cause.message, { cause });
const serverError = (code: number): Error => new MongoServerError({ message: 'no', code });

/** As the driver reports that it found no server, with what it knows of each. */
function selection(...errors: (Error | null)[]): Error {
  const servers = new Map(errors.map((error, n) => [`host:${n}`, { error }]));
  return new MongoServerSelectionError('timed out', { servers } as unknown as TopologyDescription);
}

describe('a failed connect', () => {
  test.each([
    ['a wrong password', serverError(18)],
    ['an unknown user', serverError(11)],
    ['no right to be there', serverError(13)],
    ['Atlas’s wrong password', serverError(8000)],
    ['a server that is too old', new MongoCompatibilityError('wire version')],
    ['a certificate, behind the driver’s own error', behind(certificate)],
    ['all servers with a wrong certificate', selection(behind(certificate), behind(certificate))],
  ])('P12: is fatal for %s', (_, error) => {
    expect(classifyConnect(error)).toBe('fatal');
  });

  test.each([
    ['a refused connection', behind(refused)],
    ['no primary', serverError(10_107)],
    ['a server that shuts down', serverError(91)],
    [
      'one server with a wrong certificate, and one that may come back',
      selection(behind(certificate), behind(refused)),
    ],
    ['servers that nothing is known of', selection(null)],
    ['no servers at all', selection()],
    ['anything else', 'text'],
  ])('P12: is worth another try for %s', (_, error) => {
    expect(classifyConnect(error)).toBe('transient');
  });
});

describe('isRetryable', () => {
  test.each([
    ['TransientTransactionError', true],
    ['RetryableWriteError', true],
    ['RetryableError', true],
    ['UnknownTransactionCommitResult', false],
    ['ResumableChangeStreamError', false],
  ])('of an error with the label %s is %s', (label, expected) => {
    const error = new MongoNetworkError('cut');
    error.addErrorLabel(label);

    expect(isRetryable(error)).toBe(expected);
  });

  test('reads labels of a second copy of the driver too', () => {
    expect(isRetryable({ errorLabels: ['TransientTransactionError'] })).toBe(true);
  });
});
