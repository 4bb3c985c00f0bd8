import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { afterAll, expect, it, vi } from 'vitest';
import { freshDatabase, startPrivateMysql, type MysqlPlace } from '../../src/servers/mysql.ts';

// MySQL takes seconds to make a data directory, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const server = await startPrivateMysql({ settings: { 'max-connections': 13 } });
afterAll(() => server.remove());

async function ask(place: MysqlPlace, sql: string): Promise<unknown> {
  const connection = await createConnection(place.url);
  try {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return (rows as unknown[][])[0]?.[0];
  } finally {
    await connection.end();
  }
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/status`);

it('a private server says what it is, and has the settings that were asked for', async () => {
  expect(server.version).toMatch(/^(MySQL|MariaDB) \d+\.\d+\.\d+$/);
  expect(await ask(server, 'select @@max_connections')).toBe(13);
});

it('a fresh database is empty, is no other, and is gone once dropped', async () => {
  const [one, other] = [await freshDatabase(server), await freshDatabase(server)];
  expect(await ask(one, 'select database()')).toBe(one.database);
  expect(one.database).not.toBe(other.database);
  expect(
    await ask(one, 'select count(*) from information_schema.tables where table_schema = database()'),
  ).toBe(0);
  await one.drop();
  await expect(ask(one, 'select 1')).rejects.toMatchObject({ code: 'ER_BAD_DB_ERROR' });
  await other.drop();
});

it('a restart, and a kill, keep the port and the data, and change the process', async () => {
  const { url, drop } = await freshDatabase(server);
  const pids = new Set([server.pid]);
  await server.restart();
  pids.add(server.pid);
  await server.kill();
  expect(() => server.pid).toThrow('stopped');
  await server.start();
  pids.add(server.pid);
  expect(pids.size).toBe(3);
  expect([...pids].filter(isAlive)).toEqual([server.pid]);
  expect(await ask({ ...server, url }, 'select 1')).toBe(1);
  await drop();
});

it('a frozen server answers only when it is resumed', async () => {
  server.pause();
  const answer = ask(server, 'select 1');
  const early = new Promise((resolve) => setTimeout(resolve, 100, 'nothing'));
  expect(await Promise.race([answer, early])).toBe('nothing');
  server.resume();
  expect(await answer).toBe(1);
});

it('a server is gone, with its data, when whoever started it is killed', async () => {
  const program = `
    import { startPrivateMysql } from '${new URL('../../src/servers/mysql.ts', import.meta.url).href}';
    const { pid } = await startPrivateMysql();
    console.log(pid);
    process.kill(process.pid, 'SIGKILL');`;
  const child = execFile(process.execPath, ['--input-type=module', '-e', program]);
  const pid = Number(await new Promise<string>((resolve) => child.stdout!.once('data', resolve)));
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});
