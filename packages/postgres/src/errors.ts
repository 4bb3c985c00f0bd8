// Owns what an error means: to the caller who gets it, to the connection it came from, and to the next attempt to connect.
import type { ConnectFailureKind } from '@pool/core';

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

// Shut down, crashed, starting, database dropped, idle too long; idle in transaction, transaction too long; protocol.
const ENDS_CONNECTION = /^(57P0[1-5]|25P0[34]|08)/;

/** Whether the server ends the connection with this error. */
export function isFatal(error: { severity?: string; code?: string }): boolean {
  // The severity is in the server's language; the codes are not.
  return error.severity === 'FATAL' || error.severity === 'PANIC' || ENDS_CONNECTION.test(error.code ?? '');
}

/** Serialization failure and deadlock: the whole transaction can be run again. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

export function isCancelled(error: unknown): boolean {
  return codeOf(error) === '57014';
}

export function isRefusedWrite(error: unknown): boolean {
  return codeOf(error) === '25006';
}

export function isWrongPassword(error: unknown): boolean {
  return codeOf(error) === '28P01';
}

// Full: of connections, of what is configured, of memory; here: of files and ports.
const OVERLOADED = /^(53[234]00|EMFILE|ENFILE|EADDRNOTAVAIL)$/;
// Authorization, unknown database or role, not allowed to connect; certificates.
const HOPELESS =
  /^(28|3D000|42501|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_INVALID_ARG)/;
// The driver gives these no code.
const HOPELESS_MESSAGE = /does not support SSL|^SASL|password must be a string/i;

/** What a failure to connect means. */
export function classify(error: unknown): ConnectFailureKind {
  const code = codeOf(error) ?? '';
  if (OVERLOADED.test(code)) return 'overload';
  if (HOPELESS.test(code)) return 'fatal';
  return code === '' && error instanceof Error && HOPELESS_MESSAGE.test(error.message)
    ? 'fatal'
    : 'transient';
}
