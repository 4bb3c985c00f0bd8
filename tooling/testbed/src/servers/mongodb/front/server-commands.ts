// The commands that the engine knows nothing of: sessions, the set, fail points, what is under way.
import { deserialize, serialize, Binary, Long, type Document } from 'bson';
import type { Body } from '../wire.ts';
import { CommandError } from './command-error.ts';
import type { Connection } from './connection.ts';
import { FailPoint } from './fail-point.ts';
import type { Front } from './front.ts';
import type { Operation } from './operation.ts';
import type { SetNode } from './set-node.ts';
import { USER_COMMANDS } from './user-commands.ts';

export interface ServerContext {
  readonly front: Front;
  readonly node: SetNode;
  readonly connection: Connection;
  readonly operation: Operation;
  readonly command: Document;
}

export type ServerCommand = (context: ServerContext) => Body | Promise<Body>;

/** What DocumentDB says it is compatible with. */
const VERSION = '7.0.0';
const OK = { ok: 1 };
const startedAt = performance.now();

const buildInfo: ServerCommand = () => ({
  version: VERSION,
  gitVersion: 'documentdb',
  versionArray: VERSION.split('.').map(Number),
  bits: 64,
  maxBsonObjectSize: 16_777_216,
  ok: 1,
});

const serverStatus: ServerCommand = ({ front, node }) => ({
  host: node.address,
  version: VERSION,
  process: 'documentdb-front',
  uptime: (performance.now() - startedAt) / 1000,
  connections: { current: node.sockets.size, available: 100_000, totalCreated: node.accepted },
  transactions: { currentOpen: front.transactions.openCount },
  metrics: { cursor: { open: { total: front.cursors.count } } },
  ok: 1,
});

const endSessions: ServerCommand = async ({ front, command }) => {
  const sessions = Object.values(command)[0] as Document[];
  await front.transactions.end(sessions);
  return OK;
};

const killAllSessions: ServerCommand = async ({ front }) => {
  await front.transactions.abortAll();
  return OK;
};

const commitTransaction: ServerCommand = async ({ front, command }) => {
  const transaction = await front.transactions.of(command);
  await transaction?.commit();
  return OK;
};

const abortTransaction: ServerCommand = async ({ front, command }) => {
  const transaction = await front.transactions.of(command);
  // Asking for the client is what tells an ended transaction.
  if (transaction?.client !== undefined) await transaction.abort();
  return OK;
};

const killCursors: ServerCommand = ({ front, command }) => {
  const ids = (command['cursors'] as Long[]).map(String);
  const killed = ids.filter((id) => front.cursors.delete(id));
  const unknown = ids.filter((id) => !killed.includes(id));
  return {
    cursorsKilled: killed.map((id) => Long.fromString(id)),
    cursorsNotFound: unknown.map((id) => Long.fromString(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
    ok: 1,
  };
};

const killOp: ServerCommand = ({ front, command }) => {
  const id = Number(command['op']);
  const error = new CommandError(11_601, 'Interrupted', 'operation was interrupted');
  front.operations.interrupt(error, (operation) => operation.id === id);
  return { info: 'attempting to kill op', ok: 1 };
};

const configureFailPoint: ServerCommand = ({ node, command }) => {
  const wanted = promoted(command);
  const count = node.failPoint?.entered ?? 0;
  node.failPoint = wanted['mode'] === 'off' ? undefined : new FailPoint(wanted);
  return { count, ok: 1 };
};

const replSetInitiate: ServerCommand = () => {
  throw new CommandError(23, 'AlreadyInitialized', 'already initialized');
};

const replSetStepDown: ServerCommand = ({ front, node, command }) => {
  front.set.stepDown(node, Number(command['replSetStepDown']));
  return OK;
};

const replSetFreeze: ServerCommand = ({ front, node, command }) => {
  front.set.freeze(node, Number(command['replSetFreeze']));
  return OK;
};

/** For tests, and not mongod's: takes a node away, or brings it back: `{ frontNode: 'down' | 'up', index }`. */
const frontNode: ServerCommand = async ({ front, command }) => {
  const index = Number(command['index']);
  // The asker may be on that very node, and is to have its answer.
  if (command['frontNode'] === 'down') setTimeout(() => void front.set.stopNode(index), 10);
  else await front.set.startNode(index);
  return OK;
};

/** For tests, and not mongod's: resets every socket of this node but the asker's. */
const frontCut: ServerCommand = ({ node, connection }) => ({ cut: node.cut(connection.socket), ok: 1 });

function promoted(command: Document): Document {
  return deserialize(serialize(command));
}

export const SERVER_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  ping: () => OK,
  buildInfo,
  buildinfo: buildInfo,
  connectionStatus: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
  getParameter: () => ({ featureCompatibilityVersion: { version: '7.0' }, ok: 1 }),
  serverStatus,
  startSession: () => ({
    id: { id: new Binary(crypto.getRandomValues(new Uint8Array(16)), Binary.SUBTYPE_UUID) },
    timeoutMinutes: 30,
    ok: 1,
  }),
  refreshSessions: () => OK,
  endSessions,
  killSessions: endSessions,
  killAllSessions,
  commitTransaction,
  abortTransaction,
  killCursors,
  killOp,
  configureFailPoint,
  replSetInitiate,
  replSetStepDown,
  replSetFreeze,
  replSetGetStatus: ({ front }) => front.set.status(),
  frontNode,
  frontCut,
  ...USER_COMMANDS,
};
