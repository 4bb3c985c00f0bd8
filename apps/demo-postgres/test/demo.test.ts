import { fileURLToPath } from 'node:url';
import { describeDemo } from '@pool/demo-kit/testing';
import { startPrivatePostgres } from '@pool/testbed/postgres';

describeDemo({
  name: 'demo-postgres',
  hasConnections: true,
  main: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
  startServer: () => startPrivatePostgres(),
});
