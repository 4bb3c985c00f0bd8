// A MongoDB server that does nothing but speak: for what has to be exact to the byte and the tick.
import { ObjectId, type Document } from 'bson';
import type { Answers } from './answers.ts';
import { ScriptedNode, type Role } from './scripted-node.ts';

const SET_NAME = 'rs0';
const LIMITS = {
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
};

export interface ScriptedMongoOptions {
  /**
   * The members of a replica set; or one server by itself, or behind a load balancer.
   *
   * @defaultValue `["primary"]`
   */
  readonly kind?: readonly Role[] | 'standalone' | 'loadBalanced';
  /** Beside or instead of what every command is answered with. */
  readonly answers?: Answers;
}

export interface ScriptedMongo extends AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly ScriptedNode[];
  /** That one is the primary from now on, and every monitor of every node is told so in this tick. */
  elect(primary: ScriptedNode | undefined): void;
  stop(): Promise<void>;
}

export async function startScriptedMongo(options: ScriptedMongoOptions = {}): Promise<ScriptedMongo> {
  const { kind = ['primary'], answers = {} } = options;
  const isSet = typeof kind !== 'string';
  const describe = isSet ? describeMember : kind === 'standalone' ? describeStandalone : describeBalanced;
  const roles: readonly Role[] = isSet ? kind : ['primary'];
  let term = 1;
  const nodes: ScriptedNode[] = roles.map(
    (role) =>
      new ScriptedNode(role, answers, (node, id) => ({
        ...describe(node, nodes, term),
        ...LIMITS,
        connectionId: id,
        ok: 1,
      })),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const query = isSet ? `?replicaSet=${SET_NAME}` : kind === 'loadBalanced' ? '?loadBalanced=true' : '';
  return {
    url: `mongodb://${nodes.map(({ address }) => address).join(',')}/${query}`,
    nodes,
    elect: (primary) => {
      term++;
      for (const node of nodes) node.become(node === primary ? 'primary' : 'secondary');
      for (const node of nodes) node.announce();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function describeMember(node: ScriptedNode, nodes: readonly ScriptedNode[], term: number): Document {
  const isPrimary = node.role === 'primary';
  const primary = nodes.find(({ role }) => role === 'primary');
  return {
    helloOk: true,
    isWritablePrimary: isPrimary,
    ismaster: isPrimary,
    secondary: !isPrimary,
    hosts: nodes.map(({ address }) => address),
    setName: SET_NAME,
    setVersion: 1,
    me: node.address,
    ...(primary !== undefined && { primary: primary.address }),
    ...(isPrimary && { electionId: new ObjectId(term.toString(16).padStart(24, '0')) }),
  };
}

function describeStandalone(): Document {
  return { helloOk: true, isWritablePrimary: true, ismaster: true };
}

const serviceId = new ObjectId();

/** A load balancer hands every connection to some mongos, and the driver knows which by this. */
function describeBalanced(): Document {
  return { ...describeStandalone(), msg: 'isdbgrid', serviceId };
}
