// vitest's globalSetup: one server for the whole run. The test files find it by its URL.

import { MONGODB_URL, startMongo, type MongoServer } from './mongodb.ts';

let server: MongoServer | undefined;

export async function setup(): Promise<void> {
  server = await startMongo();
  process.env[MONGODB_URL] = server.url;
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
