import { describe, expect, test } from 'vitest';
import { classify, isFatal } from '../src/errors.ts';

const coded = (code: string): Error => Object.assign(new Error('refused'), { code });

describe('what a failure to connect means', () => {
  const kinds = {
    fatal: [
      '28P01',
      '28000',
      '3D000',
      '42501',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'SELF_SIGNED_CERT_IN_CHAIN',
    ],
    // F31: files and ports that this process has run out of are not the server's fault, nor mended by trying harder.
    overload: ['53300', '53400', '53200', 'EMFILE', 'ENFILE', 'EADDRNOTAVAIL'],
    transient: [
      '57P03',
      '57P01',
      '55000',
      '08006',
      '08P01',
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'XX000',
    ],
  } as const;
  for (const [kind, codes] of Object.entries(kinds)) {
    for (const code of codes)
      test(`F10 F11 F12: ${code} is ${kind}`, () => expect(classify(coded(code))).toBe(kind));
  }

  test('F18: what pg gives no code is known by what it says, and all else is transient', () => {
    const messages = [
      'The server does not support SSL connections',
      'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
      'the password must be a string',
    ];
    for (const message of messages) expect(classify(new Error(message))).toBe('fatal');
    for (const error of [new Error('Connection terminated unexpectedly'), undefined, null, 'a string', 7]) {
      expect(classify(error)).toBe('transient');
    }
  });
});

test('F1 F15: which errors end the connection, in any language of the server', () => {
  for (const code of ['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '08006']) {
    expect(isFatal({ severity: 'SCHWERWIEGEND', code })).toBe(true);
  }
  expect(isFatal({ severity: 'FATAL', code: '53300' })).toBe(true);
  for (const code of ['23505', '42601', '40001', '57014', '25006', '25P02']) {
    expect(isFatal({ severity: 'ERROR', code })).toBe(false);
  }
});
