import { fileURLToPath } from 'node:url';
import { describeDemo } from '@pool/demo-kit/testing';
import { startPrivateMysql } from '@pool/testbed/mysql';

describeDemo({
  name: 'demo-mysql',
  hasConnections: true,
  main: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
  startServer: () => startPrivateMysql(),
});
