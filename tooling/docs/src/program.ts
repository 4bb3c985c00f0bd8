// Puts blocks where Node.js and the compiler find what they import, checks them and runs them.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Block } from './block.ts';

const home = fileURLToPath(new URL('..', import.meta.url));
const folder = join(home, '.cache', 'blocks');

export interface Outcome {
  readonly code: number | string | null;
  readonly output: string;
}

/** Writes the blocks as files, and the compiler's settings beside them. */
export function writePrograms(blocks: readonly Block[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(fileOf(block), `${block.code}export {};\n`);
  const settings = {
    extends: relative(folder, join(home, '..', '..', 'tsconfig.base.json')),
    // What an example may do for brevity.
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      noPropertyAccessFromIndexSignature: false,
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
}

/** One block as a module of its own, to be imported by a test. @returns its path */
export function writeProgram(block: Block, name: string): string {
  mkdirSync(join(home, '.cache'), { recursive: true });
  const file = join(home, '.cache', `${name}.ts`);
  writeFileSync(file, block.code);
  return file;
}

/** `docs/guides/failover.md`, line 12: `docs-guides-failover.md-12.ts`. */
function fileOf({ document, line }: Block): string {
  return join(folder, `${document.replaceAll('/', '-')}-${line}.ts`);
}

export function typecheck(): Promise<Outcome> {
  return run('tsc', ['-p', folder], { cwd: folder });
}

/** Runs a block in an empty folder of its own. */
export async function runBlock(block: Block, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'pool-docs-'));
  try {
    const flags = ['--conditions=@pool/source', '--disable-warning=ExperimentalWarning'];
    return await run(process.execPath, [...flags, fileOf(block)], { cwd, env: { ...process.env, ...env } });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function run(
  command: string,
  args: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : (error.code ?? error.signal ?? null),
        output: `${stdout}${stderr}`,
      });
    });
  });
}
