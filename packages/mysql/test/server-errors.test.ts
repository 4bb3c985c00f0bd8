import { describe, expect, test } from 'vitest';
import { classifyConnectError, outcomeOf } from '../src/server-errors.ts';

const numbered = (errno: number): Error =>
  Object.assign(new Error(`error ${errno}`), { errno, sqlState: '08004' });
const coded = (code: string, message = 'x', details: object = {}): Error =>
  Object.assign(new Error(message), { code, ...details });

describe('what a failure to connect means', () => {
  test.each([1040, 1203, 1226])('%i: the server, or this user’s share of it, is full', (errno) => {
    expect(classifyConnectError(numbered(errno))).toBe('overload');
  });

  test.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL'])('F31 %s: this machine has no more to give', (code) => {
    expect(classifyConnectError(coded(code))).toBe('overload');
  });

  test.each([1044, 1045, 1049, 1064, 1115, 1129, 1130, 1231, 1251, 1273, 1698, 1862, 3118, 4151])(
    'F10 %i: no retry will help',
    (errno) => {
      expect(classifyConnectError(numbered(errno))).toBe('fatal');
    },
  );

  test.each([
    coded('HANDSHAKE_NO_SSL_SUPPORT'),
    coded('HANDSHAKE_SSL_ERROR', 'self-signed certificate'),
    coded('HANDSHAKE_SSL_ERROR', 'certificate has expired'),
    coded('AUTH_SWITCH_PLUGIN_ERROR'),
    new TypeError("Unknown charset 'klingon'"),
  ])('F18 %s: nor here', (error) => {
    expect(classifyConnectError(error)).toBe('fatal');
  });

  test.each([
    coded('ECONNREFUSED'),
    coded('ECONNRESET'),
    coded('ENOTFOUND'),
    coded('PROTOCOL_CONNECTION_LOST'),
    coded('HANDSHAKE_SSL_ERROR', 'read ECONNRESET', { syscall: 'read' }),
    coded(
      'HANDSHAKE_SSL_ERROR',
      'Client network socket disconnected before secure TLS connection was established',
    ),
    numbered(1053),
    numbered(9999),
    'a text',
    null,
  ])('%s: the server may be back in a moment', (error) => {
    expect(classifyConnectError(error)).toBe('transient');
  });
});

test.each([
  ['not-sent', new Error("Can't add new command when connection is in closed state"), false],
  ['not-sent', new Error("Can't add new command when connection is in closed state"), true],
  ['read-only', coded('ECONNRESET'), true],
  ['unknown', coded('ECONNRESET'), false],
  ['not-committed', numbered(1053), false],
  ['read-only', numbered(1053), true],
])('%s: what is known of a statement after %s (a read: %j)', (outcome, error, isRead) => {
  expect(outcomeOf(error, isRead)).toBe(outcome);
});
