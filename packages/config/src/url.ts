// Database URLs, read by hand: `new URL()` refuses lists of hosts, makes relative file names absolute, and says of a
// password with a raw `#` only that the URL is invalid. What the driver gets is the text that was given, less our parameters.
import { traitsOf, type Driver } from './drivers.ts';

/** Why a URL cannot be used, in the words of a ConfigProblem. */
export interface UrlFault {
  readonly expected: string;
  readonly write: string;
}

export interface ReadUrl {
  /** What the driver gets: the URL, or the file's name. */
  readonly target: string;
  /** `?pool_max=20` as ['max', '20'], taken out of the URL. */
  readonly parameters: readonly (readonly [name: string, text: string])[];
}

const PARAMETER = 'pool_';
const SERVER = /^([a-z0-9+]+):\/\/([^/?]*)([^?]*)(?:\?(.*))?$/i;
const HOST = /^(\[[^\]]+\]|[^:]*)(:[0-9]{1,5})?$/;

export function readUrl(driver: Driver, url: string): ReadUrl | UrlFault {
  const { schemes, exampleUrl } = traitsOf(driver);
  if (url === ':memory:' && driver === 'sqlite') return { target: url, parameters: [] };
  const [scheme] = /^[^:]*(?=:)/.exec(url) ?? [''];
  if (!schemes.includes(scheme.toLowerCase())) {
    return {
      expected: `a URL that begins with ${schemes.map((name) => `${name}:`).join(' or ')}`,
      write: exampleUrl,
    };
  }
  if (/\s/.test(url)) return encode('space or line break', '%20');
  if (url.includes('#')) return encode('#', '%23');
  const { rest, parameters } = takeParameters(url);
  const fault = driver === 'sqlite' ? undefined : faultOfServer(driver, rest);
  if (fault !== undefined) return fault;
  return driver === 'sqlite' ? readFile(rest, parameters) : { target: rest, parameters };
}

/** Puts the password where the URL has only the user. */
export function withPassword(url: string, password: string): string | UrlFault {
  const [, scheme = '', authority = ''] = SERVER.exec(url)!;
  const at = authority.lastIndexOf('@');
  const user = authority.slice(0, Math.max(at, 0));
  if (user === '' || user.includes(':')) {
    return {
      expected:
        user === ''
          ? 'a URL with a user when the password comes apart from it'
          : 'one password: the URL holds one too',
      write: '…://user@host/database',
    };
  }
  const start = scheme.length + '://'.length + user.length;
  return `${url.slice(0, start)}:${encodeURIComponent(password)}${url.slice(start)}`;
}

const isOurs = (pair: string): boolean => pair.toLowerCase().startsWith(PARAMETER);

function takeParameters(url: string): { rest: string; parameters: ReadUrl['parameters'] } {
  const [base = '', ...queries] = url.split('?');
  const pairs = queries
    .join('?')
    .split('&')
    .filter((pair) => pair !== '');
  const kept = pairs.filter((pair) => !isOurs(pair));
  return {
    rest: kept.length === 0 ? base : `${base}?${kept.join('&')}`,
    parameters: pairs.filter(isOurs).map((pair) => {
      const [name = '', ...text] = pair.slice(PARAMETER.length).split('=');
      return [name.toLowerCase(), decoded(text.join('=')) ?? ''];
    }),
  };
}

function faultOfServer(driver: Driver, url: string): UrlFault | undefined {
  const { exampleUrl, takesHosts } = traitsOf(driver);
  const match = SERVER.exec(url);
  if (match === null) return { expected: 'a URL with //', write: exampleUrl };
  const { user, hosts } = partsOf(match);
  const raw = rawCharacter(match);
  if (raw !== undefined) return encode(...raw);
  if (hosts.length > 1 && !takesHosts) {
    return { expected: `one host: a ${driver} pool has one server`, write: exampleUrl };
  }
  if (!hosts.every(isHost)) return { expected: 'a host, and a port of digits', write: exampleUrl };
  return decoded(user) === undefined ? encode('%', '%25') : undefined;
}

function partsOf([, , authority = '']: RegExpExecArray): { user: string; hosts: string[]; hasUser: boolean } {
  const at = authority.lastIndexOf('@');
  const hosts = authority.slice(at + 1).split(',');
  return { user: authority.slice(0, Math.max(at, 0)), hosts, hasUser: at >= 0 };
}

/** What ended the authority early, though it was meant as part of the password. */
function rawCharacter(match: RegExpExecArray): [character: string, code: string] | undefined {
  const { user, hosts, hasUser } = partsOf(match);
  const [, , , path = '', query = ''] = match;
  if (user.includes('@')) return ['@', '%40'];
  if (hasUser) return undefined;
  if (path.includes('@')) return ['/', '%2F'];
  const isQuery = query.includes('=') && hosts.every(isHost);
  return query.includes('@') && !isQuery ? ['?', '%3F'] : undefined;
}

const isHost = (host: string): boolean => HOST.test(host);

/** `file:` and `sqlite:`; better-sqlite3 takes a file's name. */
function readFile(url: string, parameters: ReadUrl['parameters']): ReadUrl | UrlFault {
  const [name = '', query] = url.slice(url.indexOf(':') + 1).split('?');
  if (query !== undefined) {
    const expected = 'no parameter but those of the pool: better-sqlite3 reads none from a URL';
    return {
      expected,
      write: 'file:./data/shop.db?pool_readers=2, and the rest as options of the connection',
    };
  }
  const path = decoded(/^\/\/(?:localhost)?(?=\/)/i.test(name) ? name.replace(/^\/\/[^/]*/, '') : name);
  if (path === undefined) return encode('%', '%25');
  const isAmbiguous = path.startsWith('//') || /^sqlite:\/\//i.test(url);
  if (path === '' || isAmbiguous) {
    return {
      expected: 'a file',
      write: 'file:./data/shop.db, or file:/var/lib/shop.db with an absolute path',
    };
  }
  return { target: path.replace(/^\/(?=[a-z]:)/i, ''), parameters };
}

function encode(character: string, code: string): UrlFault {
  return {
    expected: `a URL without a raw ${character} in user, password or path`,
    write: `${code} for it`,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
