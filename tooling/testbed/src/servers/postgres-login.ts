export interface PostgresAddress {
  host: string;
  port: number;
}

/** Whom to connect as, and where. */
export interface PostgresLogin {
  user: string;
  password: string;
  database: string;
}

/** Everything that a client needs, apart and as a URL. */
export interface PostgresTarget extends PostgresLogin {
  address: PostgresAddress;
  url: string;
}

export function urlOf({ user, password, database, address }: Omit<PostgresTarget, 'url'>): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${address.host}:${address.port}/${encodeURIComponent(database)}`;
}

export function targetOf(url: string): PostgresTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    url,
    address: { host: hostname, port: port === '' ? 5432 : Number(port) },
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}
