import { fileURLToPath } from 'node:url';
import { describeDemo } from '@pool/demo-kit/testing';
import { startPrivateMongo } from '@pool/testbed/mongodb';

describeDemo({
  name: 'demo-mongodb',
  hasConnections: false,
  main: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
  async startServer() {
    const server = await startPrivateMongo();
    const [node] = server.nodes;
    const url = new URL(server.url);
    url.pathname = '/bank';
    return {
      url: url.href,
      async restart() {
        await node!.stop();
        await node!.start();
      },
      remove: () => server.remove(),
    };
  },
});
