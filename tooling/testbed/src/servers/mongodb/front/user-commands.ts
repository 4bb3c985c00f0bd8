// Who is who: users, and the conversation by which a client proves that it is one.
import { Binary, type Document } from 'bson';
import { authenticationFailed, MECHANISM, type ScramConversation } from './scram.ts';
import type { ServerCommand, ServerContext } from './server-commands.ts';

const OK = { ok: 1 };
const CONVERSATION_ID = 1;

const conversations = new WeakMap<object, ScramConversation>();

const createUser: ServerCommand = ({ front, operation, command }) => {
  const { createUser: name, pwd } = command as { createUser: string; pwd: string };
  front.users.create(`${operation.database}.${name}`, pwd);
  return OK;
};

const dropUser: ServerCommand = ({ front, operation, command }) => {
  front.users.drop(`${operation.database}.${String(command['dropUser'])}`);
  return OK;
};

const saslStart: ServerCommand = ({ front, connection, operation, command }) => {
  const conversation = front.users.begin(operation.database, bytesOf(command['payload']));
  conversations.set(connection, conversation);
  return step(conversation.serverFirst, false);
};

const saslContinue: ServerCommand = ({ connection, command }) => {
  const conversation = conversations.get(connection);
  if (conversation === undefined) throw authenticationFailed();
  conversations.delete(connection);
  return step(conversation.finish(bytesOf(command['payload'])), true);
};

export const USER_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  createUser,
  dropUser,
  saslStart,
  saslContinue,
};

/** What a hello adds for a client that wants to prove itself at once. */
export function greet(context: ServerContext): Document {
  const { saslSupportedMechs: user, speculativeAuthenticate: start } = context.command;
  const mechanisms = user !== undefined && context.front.users.has(String(user)) ? [MECHANISM] : [];
  return {
    ...(user !== undefined && { saslSupportedMechs: mechanisms }),
    ...(start !== undefined && speculate(context, start as Document)),
  };
}

/** One who cannot be helped so is told when he asks again. */
function speculate({ front, connection }: ServerContext, start: Document): Document {
  if (start['mechanism'] !== MECHANISM) return {};
  try {
    const conversation = front.users.begin(String(start['db']), bytesOf(start['payload']));
    conversations.set(connection, conversation);
    return { speculativeAuthenticate: step(conversation.serverFirst, false) };
  } catch {
    return {};
  }
}

function step(payload: Buffer, done: boolean): Document {
  return { conversationId: CONVERSATION_ID, done, payload: new Binary(payload), ok: 1 };
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from((value as Binary).buffer);
}
