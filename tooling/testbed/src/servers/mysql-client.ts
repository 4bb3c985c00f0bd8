import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import type { Address } from '../fault-proxy.ts';

const STEP_MS = 20;
// MySQL's first start on a busy machine.
const PATIENCE_MS = 90_000;

/** Does something as the server's administrator, over a connection of its own. */
export async function withConnection<R>(
  options: ConnectionOptions,
  work: (connection: Connection) => Promise<R>,
): Promise<R> {
  const connection = await createConnection({ ...options, connectTimeout: 5000 });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

/** Resolves once root can ask something. `check` is asked in between, and may throw. */
export async function untilItAnswers(
  { host, port }: Address,
  check: () => Promise<void> = async () => {},
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    await check();
    const failure = await withConnection({ host, port, user: 'root' }, (connection) =>
      connection.query('do 1'),
    ).then(
      () => undefined,
      (error: Error) => error,
    );
    if (failure === undefined) return;
    if (performance.now() > deadline) throw failure;
    await sleep(STEP_MS);
  }
}

/** As people know it: "MySQL 9.4.0", "MariaDB 10.11.19". */
export async function readVersion(options: ConnectionOptions): Promise<string> {
  return withConnection(options, async (connection) => {
    const [rows] = await connection.query('select version() as version');
    const [{ version }] = rows as [{ version: string }];
    const [number] = version.split('-', 1);
    return `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${number}`;
  });
}
