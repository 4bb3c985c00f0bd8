import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

// The only tests with a process and time of their own: what keeps Node running cannot be seen from inside.

// A busy machine takes its time to start five of them.
vi.setConfig({ testTimeout: 30_000 });

const CORE = new URL('../src/index.ts', import.meta.url).href;

/** Runs a module that finds `createPool` and a `factory`; resolves with what it printed when it has ended by itself. */
async function run(script: string): Promise<string> {
  const source = `
    import { createPool } from ${JSON.stringify(CORE)};
    const factory = { create: async () => ({}), destroy: () => {} };
    ${script}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    timeout: 20_000,
  });
  return stdout.trim();
}

test.concurrent('P20: a pool with idle connections and a lease lets the process end', async () => {
  const printed = await run(`
    const pool = createPool(factory, { min: 2 });
    await pool.ready();
    await pool.acquire();
    console.log(pool.stats().size);`);

  expect(printed).toBe('2');
});

test.concurrent('P20 B23: a pending acquire keeps the process alive until it is answered', async () => {
  const printed = await run(`
    const pool = createPool(factory, { max: 1 });
    await pool.acquire();
    pool.acquire({ timeoutMs: 50 }).catch((error) => console.log(error.code));`);

  expect(printed).toBe('POOL_ACQUIRE_TIMEOUT');
});

test.concurrent('P20 P13: a caller who waits for a connect that hangs keeps the process alive until it is answered', async () => {
  const printed = await run(`
    const pool = createPool({ ...factory, create: () => new Promise(() => {}) }, { createTimeoutMs: 10 });
    pool.acquire({ timeoutMs: 300 }).catch((error) => console.log(error.cause.code));`);

  expect(printed).toBe('CREATE_TIMEOUT');
});

test.concurrent('P12 P20: a server that is down does not keep the process alive once nobody waits', async () => {
  const printed = await run(`
    const pool = createPool({ ...factory, create: () => Promise.reject(new Error('down')) }, { min: 1 });
    pool.acquire({ timeoutMs: 20 }).catch((error) => console.log(error.code));`);

  expect(printed).toBe('POOL_ACQUIRE_TIMEOUT');
});

test.concurrent('P19 A49: the process goes on after a close() that had to wait, and then ends', async () => {
  const printed = await run(`
    const pool = createPool({ ...factory, destroy: () => new Promise(() => {}) }, { closeGraceMs: 1, destroyTimeoutMs: 50 });
    pool.on('error', () => {});
    await pool.acquire();
    await pool.close();
    console.log(pool.stats().phase);`);

  expect(printed).toBe('closed');
});
