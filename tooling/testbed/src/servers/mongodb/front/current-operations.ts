import type { Document } from 'bson';
import type { Connection } from './connection.ts';
import { documentsStage } from './engine-commands.ts';
import type { Front } from './front.ts';
import type { Client } from './operation.ts';
import type { SetNode } from './set-node.ts';

/** An aggregation that begins with $currentOp gets what is under way as documents; the engine does the rest of it. */
export function withCurrentOperations(front: Front, node: SetNode, command: Document): Document {
  const pipeline = command['pipeline'] as readonly Document[] | undefined;
  const wanted = pipeline?.[0]?.['$currentOp'] as Document | undefined;
  if (pipeline === undefined || wanted === undefined) return command;
  const source = documentsStage(describe(front, node, wanted['idleConnections'] === true));
  return { ...command, pipeline: [source, ...pipeline.slice(1)] };
}

/** Of a currentOp command's fields, those that are no filter. */
const NO_FILTER = new Set([
  'currentOp',
  '$all',
  '$ownOps',
  '$db',
  '$readPreference',
  '$clusterTime',
  'lsid',
  'comment',
]);

/** The command of old, `{ currentOp: 1, $all, …filter }`, as the aggregation that it is short for. */
export function currentOperationsQuery(front: Front, node: SetNode, command: Document): Document {
  const filter = Object.fromEntries(Object.entries(command).filter(([key]) => !NO_FILTER.has(key)));
  const source = documentsStage(describe(front, node, command['$all'] === true));
  return { aggregate: 1, pipeline: [source, { $match: filter }], cursor: { batchSize: 10_000 } };
}

function describe(front: Front, node: SetNode, withIdle: boolean): Document[] {
  const here = ({ host }: Client): boolean => host === node.address;
  const running = [...front.operations]
    .filter(({ client }) => here(client))
    .map((operation) => operation.describe());
  if (!withIdle) return running;
  const busy = new Set(running.map(({ connectionId }) => connectionId as number));
  const idle = [...front.connections].filter(
    (connection) => here(connection) && !busy.has(connection.connectionId),
  );
  return [...running, ...idle.map(describeIdle)];
}

function describeIdle({ host, connectionId, remote, appName }: Connection): Document {
  return { type: 'idleConnection', host, connectionId, client: remote, appName, active: false };
}
