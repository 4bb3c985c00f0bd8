import { describeAdapter } from '@pool/testbed';
import { startRedis } from '@pool/testbed/redis';
import type { Pool, PoolOptions } from '@pool/core';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll } from 'vitest';
import { allBlocks } from '../src/documents.ts';
import { writeProgram } from '../src/program.ts';

interface Worked {
  createRedisPool(options: { connection: RedisOptions; pool: PoolOptions }): Pool<Redis>;
}

const block = allBlocks().find(({ document }) => document.endsWith('writing-an-adapter.md'));
const { createRedisPool } = (await import(writeProgram(block!, 'worked-adapter'))) as Worked;

const { address: server, password, stop } = await startRedis();
const admin = new Redis({ ...server, password });
afterAll(async () => {
  admin.disconnect();
  await stop();
});

describeAdapter<Redis, Pool<Redis>>({
  name: "the guide's adapter for Redis",
  server,
  secret: password,
  differs: {
    openTransaction: 'MULTI only queues commands; RESET drops them',
    transactions: 'MULTI only queues commands; nothing can be read within',
    savepoints: 'no transactions',
    cancel: 'a command under way cannot be stopped',
    stream: 'no cursors',
  },
  open: (pool, at) =>
    createRedisPool({ pool, connection: { ...at, password, connectionName: 'conformance' } }),
  openRefused: (pool) => createRedisPool({ pool, connection: { ...server, password: 'wrong' } }),
  echo: (redis, token) => redis.echo(token),
  mistake: (redis) => redis.call('NOSUCHCOMMAND'),
  countConnections: async () => ((await admin.client('LIST')) as string).split('name=conformance').length - 1,
  kill: async (redis) => admin.call('CLIENT', 'KILL', 'ID', String(await redis.client('ID'))),
  session: {
    soil: (redis) => redis.select(5),
    isClean: async (redis) => (await redis.client('INFO')).includes(' db=0 '),
  },
});
