// Packs every public package as it would be published and checks the tarball: its manifest, and the types it gives.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execQuietly, root } from './exec.mjs';

export async function packages(env) {
  const out = mkdtempSync(join(tmpdir(), 'pool-pack-'));
  try {
    let failed = 0;
    for (const folder of publicPackages()) failed += await packAndCheck(folder, out, env);
    return failed;
  } finally {
    rmSync(out, { recursive: true });
  }
}

function publicPackages() {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return folders.filter((folder) => !JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private);
}

async function packAndCheck(folder, out, env) {
  // pnpm, not npm: only pnpm replaces `workspace:` and `catalog:` by versions.
  const tarball = join(out, 'package.tgz');
  const packed = await execQuietly('pnpm', ['pack', '--out', tarball], { cwd: folder, env });
  if (packed !== 0) return 1;
  const published = await execQuietly('publint', ['run', tarball, '--strict'], { env });
  const typed = await execQuietly('attw', [tarball, '--profile', 'esm-only'], { env });
  const ok = published === 0 && typed === 0;
  console.log(`${relative(root, folder)}: ${ok ? 'ok' : 'FAILED, see above'}`);
  return ok ? 0 : 1;
}
