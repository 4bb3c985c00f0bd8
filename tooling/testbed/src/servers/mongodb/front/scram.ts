// SCRAM-SHA-256 (RFC 7677) as a server speaks it. Users are checked and nothing is withheld from anybody, as by a mongod
// that was started without --auth.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { CommandError } from './command-error.ts';

export const MECHANISM = 'SCRAM-SHA-256';

const ITERATIONS = 4096;
const KEY_BYTES = 32;

interface Credentials {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** What is kept of a password: enough to check a proof of it, not to make one. */
export class Users {
  readonly #credentials = new Map<string, Credentials>();

  /** @param user `database.name` */
  create(user: string, password: string): void {
    const salt = randomBytes(28);
    const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
    const storedKey = hash(hmac(salted, 'Client Key'));
    this.#credentials.set(user, { salt, storedKey, serverKey: hmac(salted, 'Server Key') });
  }

  drop(user: string): void {
    this.#credentials.delete(user);
  }

  has(user: string): boolean {
    return this.#credentials.has(user);
  }

  /** @throws {CommandError} when there is no such user */
  begin(database: string, clientFirst: Buffer): ScramConversation {
    const [, bare = ''] = /^n,[^,]*,(.*)$/s.exec(clientFirst.toString()) ?? [];
    const { n = '', r = '' } = attributes(bare);
    const name = n.replaceAll('=2C', ',').replaceAll('=3D', '=');
    const credentials = this.#credentials.get(`${database}.${name}`);
    if (credentials === undefined) throw authenticationFailed();
    return new ScramConversation(credentials, bare, r);
  }
}

/** From a client's first message to the proof that both know the password. */
export class ScramConversation {
  readonly serverFirst: Buffer;
  readonly #credentials: Credentials;
  readonly #clientFirstBare: string;
  readonly #nonce: string;

  constructor(credentials: Credentials, clientFirstBare: string, clientNonce: string) {
    this.#credentials = credentials;
    this.#clientFirstBare = clientFirstBare;
    this.#nonce = clientNonce + randomBytes(24).toString('base64');
    const salt = credentials.salt.toString('base64');
    this.serverFirst = Buffer.from(`r=${this.#nonce},s=${salt},i=${ITERATIONS}`);
  }

  /** @throws {CommandError} when the proof is not one of the user's password */
  finish(clientFinal: Buffer): Buffer {
    const message = clientFinal.toString();
    const { r, p = '' } = attributes(message);
    const withoutProof = message.slice(0, message.lastIndexOf(',p='));
    const authMessage = `${this.#clientFirstBare},${this.serverFirst.toString()},${withoutProof}`;
    const { storedKey, serverKey } = this.#credentials;
    const clientKey = xor(Buffer.from(p, 'base64'), hmac(storedKey, authMessage));
    if (r !== this.#nonce || !timingSafeEqual(hash(clientKey), storedKey)) throw authenticationFailed();
    return Buffer.from(`v=${hmac(serverKey, authMessage).toString('base64')}`);
  }
}

export function authenticationFailed(): CommandError {
  return new CommandError(18, 'AuthenticationFailed', 'Authentication failed.');
}

function attributes(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(b.map((byte, index) => byte ^ (a[index] ?? 0)));
}
