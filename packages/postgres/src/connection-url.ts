// Owns what a URL may say: where the server is and how a session begins. How safely is said in code.
import { OptionError } from '@pool/core';

/** Parameters that pg knows, and that nobody can harm us with. */
const PARAMETERS = [
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'options',
  'statement_timeout',
];

/** pg checks the certificate for each of these. */
const SAFE_SSL_MODES = new Set(['prefer', 'require', 'verify-ca', 'verify-full']);

/**
 * The fields of pg's config that the URL stands for.
 *
 * @param isSslInCode then the URL's `sslmode` does not count
 * @throws {OptionError} it is no URL, or has parameters that override what it says, or that give up safety
 */
export function readUrl(
  pool: string,
  option: string,
  text: unknown,
  isSslInCode: boolean,
): Record<string, unknown> {
  const refuse = (expected: string): OptionError => new OptionError({ pool, option, expected });
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw refuse('a URL: postgres://user:password@host:port/database');
  }
  const url = new URL(text);
  if (!/^(postgres|postgresql|socket):$/.test(url.protocol))
    throw refuse('a URL that begins with postgres://');
  try {
    return { ...placeOf(url), ...parametersOf(url, isSslInCode, refuse) };
  } catch (error) {
    // Its text would be in a URIError.
    throw error instanceof URIError ? refuse('a URL whose percent signs are encoded as %25') : error;
  }
}

function placeOf(url: URL): Record<string, unknown> {
  const { username, password, port } = url;
  const path = decodeURIComponent(url.pathname);
  const isSocket = url.protocol === 'socket:';
  return {
    user: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    host: (isSocket ? path : decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1')) || undefined,
    port: port === '' ? undefined : Number(port),
    database: (isSocket ? url.searchParams.get('db') : path.slice(1)) || undefined,
  };
}

function parametersOf(
  url: URL,
  isSslInCode: boolean,
  refuse: (expected: string) => OptionError,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of url.searchParams) {
    if (PARAMETERS.includes(name)) found[name] = value;
    else if (name === 'sslmode') Object.assign(found, isSslInCode ? {} : sslOf(value, refuse));
    else if (isDirectory(url, name, value)) found['host'] = value;
    else if (!(url.protocol === 'socket:' && name === 'db')) {
      throw refuse(
        `no parameter ${printable(name)}: a URL gives ${PARAMETERS.join(', ')} and sslmode; the rest is said in code`,
      );
    }
  }
  return found;
}

function sslOf(mode: string, refuse: (expected: string) => OptionError): { ssl: object | false } {
  if (SAFE_SSL_MODES.has(mode)) return { ssl: {} };
  // Nothing is given up where nothing has asked for TLS.
  if (mode === 'disable' && process.env['PGSSLMODE'] === undefined) return { ssl: false };
  throw refuse('no sslmode that gives up checking the certificate: say so in code, with `ssl`');
}

/** The directory of a socket has no place in the authority; a host has, and is not to be overridden. */
function isDirectory(url: URL, name: string, value: string): boolean {
  return name === 'host' && url.hostname === '' && value.startsWith('/');
}

function printable(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : 'of that name';
}
