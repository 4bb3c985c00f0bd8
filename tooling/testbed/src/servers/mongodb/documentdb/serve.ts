// The server process: the engine on a cluster of its own, and the front before it. Arguments: the tree, the cluster's
// directory as the tree sees it, the number of nodes. Its parent gives it orders by messages; SIGTERM ends it.
import { join } from 'node:path';
import { Front } from '../front/front.ts';
import type { Answer, Numbered, Order, Serving } from './orders.ts';
import { startPostmaster } from './postmaster.ts';

const [tree, data, nodes] = process.argv.slice(2) as [string, string, string];

const postmaster = await startPostmaster(tree, data);
const front = new Front({ engine: join(tree, data), nodes: Number(nodes) });
await front.start();

async function carryOut(order: Order): Promise<void> {
  const { set } = front;
  switch (order.verb) {
    case 'startNode':
      return set.startNode(order.index);
    case 'stopNode':
      return set.stopNode(order.index);
    case 'stepDown':
      if (set.primary !== undefined) set.stepDown(set.primary, order.seconds);
      return undefined;
    case 'cut':
      for (const node of set.nodes) node.cut();
      return undefined;
  }
}

async function stop(): Promise<void> {
  await front.stop();
  await postmaster.stop();
  process.exit();
}

process.on('message', ({ id, order }: Numbered) => {
  carryOut(order).then(
    () => process.send?.({ id } satisfies Answer),
    (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
  );
});
process.once('SIGTERM', () => void stop());
process.send?.({
  url: front.set.url,
  addresses: front.set.nodes.map(({ address }) => address),
} satisfies Serving);
