// Who may import whom. Adapters and their drivers are read from the manifests, so a new one is covered by itself.
import { readdirSync, readFileSync } from 'node:fs';

const adapters = readdirSync('packages').filter((name) => !['core', 'testing'].includes(name));
const librariesOf = (name) => {
  const { peerDependencies, dependencies } = JSON.parse(
    readFileSync(`packages/${name}/package.json`, 'utf8'),
  );
  return Object.keys({ ...peerDependencies, ...dependencies }).map((library) => `/node_modules/${library}/`);
};

const forbid = (name, from, to) => ({ name, severity: 'error', from, to });

/** What the sources of a package may import besides themselves and Node.js. */
const only = (name, folder, allowed) =>
  forbid(
    name,
    { path: `^${folder}/src/` },
    { pathNot: [`^${folder}/src/`, ...allowed], dependencyTypesNot: ['core'] },
  );

const workspace = '^(packages|apps|tooling)/';

export default {
  forbidden: [
    // Cycles that exist at run time: a type-only import loads nothing.
    forbid('no-cycles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    forbid('no-unresolvable', {}, { couldNotResolve: true }),
    forbid('no-test-from-src', { path: '/src/' }, { path: '/test/' }),
    forbid(
      'no-internal-of-another-package',
      { path: `${workspace}([^/]+)/` },
      { path: '/src/internal/', pathNot: '^$1/$2/' },
    ),
    only('core-imports-nothing', 'packages/core', []),
    only('testing-imports-core', 'packages/testing', ['^packages/core/src/', ...librariesOf('testing')]),
    only('testbed-imports-testing-core', 'tooling/testbed', [
      '^packages/(core|testing)/src/',
      '/node_modules/',
    ]),
    forbid(
      'only-tests-apps-and-bench-import-testbed',
      { pathNot: ['/test/', '^apps/', '^tooling/(testbed|bench|vitest)/'] },
      { path: '^tooling/testbed/' },
    ),
    ...adapters.map((adapter) =>
      only('adapter-imports-core-and-its-driver', `packages/${adapter}`, [
        '^packages/core/src/',
        ...librariesOf(adapter),
      ]),
    ),
    forbid(
      'apps-import-core-adapters-demo-kit',
      { path: '^apps/([^/]+)/' },
      {
        path: workspace,
        pathNot: ['^apps/$1/', '^packages/(?!testing/)', '^tooling/((demo-kit|testbed)/src|vitest)/'],
      },
    ),
    forbid('nobody-imports-apps', { path: '^(packages|tooling)/' }, { path: '^apps/' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: `${workspace}[^/]+/(dist|coverage|test-results)/` },
    // Types count: a type of another package is a dependency on it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['@pool/source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
