// A vitest globalSetup: one server for the whole run, its URL in the environment of the test files.
import { POSTGRES_URL, startPostgres } from './postgres.ts';

export async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres();
  process.env[POSTGRES_URL] = server.url;
  return server.stop;
}
