import { MongoCompatibilityError, MongoInvalidArgumentError, MongoServerError } from 'mongodb';

const RETRYABLE_LABELS = ['TransientTransactionError', 'RetryableWriteError', 'RetryableError'] as const;

// AuthenticationFailed, UserNotFound, Unauthorized, MechanismUnavailable, and Atlas's own word for a wrong password.
const REFUSALS: ReadonlySet<unknown> = new Set([11, 13, 18, 334, 8000]);

// Of OpenSSL and Node: a certificate does not get better by trying again.
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS/;

/**
 * Whether the same work may succeed when it is done again from its beginning: the server and the driver say so by a label of the
 * error. After `TransientTransactionError` that is the whole transaction. False for what is no error of the driver.
 */
export function isRetryable(error: unknown): boolean {
  const { errorLabels } = (error ?? {}) as { errorLabels?: unknown };
  return Array.isArray(errorLabels) && RETRYABLE_LABELS.some((label) => errorLabels.includes(label));
}

/** What a failed connect means: whether trying again can help. */
export function classifyConnect(error: unknown): 'transient' | 'fatal' {
  return isHopeless(error) ? 'fatal' : 'transient';
}

function isHopeless(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (error instanceof MongoCompatibilityError || error instanceof MongoInvalidArgumentError) return true;
  if (error instanceof MongoServerError && REFUSALS.has(code)) return true;
  if (typeof code === 'string' && CERTIFICATE.test(code)) return true;
  return isHopeless(error.cause) || serversRefuse(error);
}

/** The driver puts what it knows of each server into the `reason` of an error. One that refuses is no reason to give up the others. */
function serversRefuse(error: Error): boolean {
  const servers = (error as { reason?: { servers?: unknown } }).reason?.servers;
  if (!(servers instanceof Map) || servers.size === 0) return false;
  return [...servers.values()].every(({ error: failure }: { error?: unknown }) => isHopeless(failure));
}
