// The commands that the engine carries out, each one call of its SQL functions.
import { serialize, type Document } from 'bson';
import { parse, type Body } from '../wire.ts';
import { CommandError } from './command-error.ts';
import type { Cursors } from './cursors.ts';
import { fromWriteError } from './engine-errors.ts';
import { call, type EngineClient, type Statement } from './engine.ts';
import { sessionKey } from './transactions.ts';

/** What a command has to do its work with. */
export interface EngineContext {
  readonly client: EngineClient;
  readonly database: string;
  readonly command: Document;
  readonly cursors: Cursors;
}

export type EngineCommand = (context: EngineContext) => Promise<Body>;

/** Of a command's fields, those that are the front's business. */
const FRONT_FIELDS = new Set([
  '$clusterTime',
  '$db',
  '$readPreference',
  'apiVersion',
  'autocommit',
  'comment',
  'lsid',
  'maxTimeMS',
  'readConcern',
  'startTransaction',
  'stmtId',
  'stmtIds',
  'txnNumber',
  'writeConcern',
]);

const bson = (parameter: number): string => `documentdb_core.bson_from_bytea($${parameter})`;
const bytes = (expression: string): string => `documentdb_core.bson_to_bytea(${expression})`;

function engineFields(command: Document): Uint8Array {
  return serialize(Object.fromEntries(Object.entries(command).filter(([key]) => !FRONT_FIELDS.has(key))));
}

/** The first page of a cursor, which stays known while there is more. */
function firstPage(name: string): EngineCommand {
  const columns = `${bytes('cursorpage')} page, ${bytes('continuation')} continuation, cursorid::text id`;
  const statement = { name, text: `select ${columns} from documentdb_api.${name}($1, ${bson(2)})` };
  return async ({ client, database, command, cursors }) => {
    const { page, continuation, id } = await call(client, statement, [database, engineFields(command)]);
    if (continuation && id !== '0') cursors.set(id as string, continuation as Buffer);
    return page as Buffer;
  };
}

const GET_MORE: Statement = {
  name: 'get_more',
  text: `select ${bytes('cursorpage')} page, ${bytes('continuation')} continuation
    from documentdb_api.cursor_get_more($1, ${bson(2)}, ${bson(3)})`,
};

const getMore: EngineCommand = async ({ client, database, command, cursors }) => {
  const id = String(command['getMore']);
  const known = cursors.get(id);
  const { page, continuation } = await call(client, GET_MORE, [database, engineFields(command), known]);
  if (continuation) cursors.set(id, continuation as Buffer);
  else cursors.delete(id);
  return page as Buffer;
};

function write(name: 'insert' | 'update' | 'delete' | 'find_and_modify'): EngineCommand {
  const parameters = name === 'find_and_modify' ? `$1, ${bson(2)}, $3` : `$1, ${bson(2)}, null, $3`;
  const statement = {
    name,
    text: `select ${bytes('p_result')} result from documentdb_api.${name}(${parameters})`,
  };
  return async ({ client, database, command }) => {
    const { result } = await call(client, statement, [database, engineFields(command), retryKey(command)]);
    return withWriteErrors(result as Buffer, command['autocommit'] === false);
  };
}

/** The engine keeps the outcome of a retryable write under this, and answers the retry with it. */
function retryKey(command: Document): string | null {
  const { txnNumber, autocommit, lsid } = command;
  if (txnNumber === undefined || autocommit !== undefined) return null;
  return `${sessionKey(lsid as Document)}-${String(txnNumber)}`;
}

/** Write errors in the server's codes; a conflict inside a transaction fails all of the command. */
function withWriteErrors(result: Buffer, inTransaction: boolean): Body {
  const reply = parse(result);
  const writeErrors = reply['writeErrors'] as Document[] | undefined;
  if (writeErrors === undefined) return result;
  for (const writeError of writeErrors) {
    const error = fromWriteError(Number(writeError['code']), String(writeError['errmsg']), inTransaction);
    if (error.labels.length > 0) throw error;
    Object.assign(writeError, { code: error.code, errmsg: error.message });
  }
  return reply;
}

type Values = (context: EngineContext) => unknown[];

const databaseAndCommand: Values = ({ database, command }) => [database, engineFields(command)];

/** A function that answers with a document; one that answers with nothing has done its work. */
function simple(name: string, expression: string, values: Values = databaseAndCommand): EngineCommand {
  const statement = { name, text: `select ${bytes(expression)} result` };
  return async (context) => {
    const { result } = await call(context.client, statement, values(context));
    return { ok: 1, ...(result ? parse(result as Buffer) : {}) };
  };
}

/** A function whose answer is the column of a row. */
function query(name: string): EngineCommand {
  const statement = {
    name,
    text: `select ${bytes('document')} result from documentdb_api.${name}($1, ${bson(2)})`,
  };
  return async (context) => {
    const { result } = await call(context.client, statement, databaseAndCommand(context));
    return result as Buffer;
  };
}

const ofCommand: Values = ({ command }) => [engineFields(command)];
const ofDatabase: Values = ({ database }) => [database];
const ofNamespace: Values = ({ database, command }) => [database, String(Object.values(command)[0])];

const DROP: Statement = { name: 'drop', text: 'select documentdb_api.drop_collection($1, $2)::text dropped' };

const drop: EngineCommand = async (context) => {
  const [database, collection] = ofNamespace(context);
  const { dropped } = await call(context.client, DROP, [database, collection]);
  if (dropped !== 'true') throw new CommandError(26, 'NamespaceNotFound', 'ns not found');
  return { ns: `${String(database)}.${String(collection)}`, ok: 1 };
};

const DROP_DATABASE: Statement = { name: 'drop_database', text: 'select documentdb_api.drop_database($1)' };

const dropDatabase: EngineCommand = async ({ client, database }) => {
  await call(client, DROP_DATABASE, [database]);
  return { dropped: database, ok: 1 };
};

const DROP_INDEXES = `call documentdb_api.drop_indexes($1, ${bson(2)}, null)`;

const dropIndexes: EngineCommand = async (context) => {
  // A procedure: it commits by itself, and its answer is text.
  const { rows } = await context.client.query<{ retval: string | null }>(
    DROP_INDEXES,
    databaseAndCommand(context),
  );
  const answer = rows[0]?.retval;
  return answer ? { ok: 1, ...parse(Buffer.from(answer.replace(/^BSONHEX/, ''), 'hex')) } : { ok: 1 };
};

const findAndModify = write('find_and_modify');

export const ENGINE_COMMANDS: Readonly<Record<string, EngineCommand>> = {
  find: firstPage('find_cursor_first_page'),
  aggregate: firstPage('aggregate_cursor_first_page'),
  listCollections: firstPage('list_collections_cursor_first_page'),
  listIndexes: firstPage('list_indexes_cursor_first_page'),
  getMore,
  insert: write('insert'),
  update: write('update'),
  delete: write('delete'),
  findAndModify,
  findandmodify: findAndModify,
  count: query('count_query'),
  distinct: query('distinct_query'),
  create: simple('create', `documentdb_api.create_collection_view($1, ${bson(2)})`),
  collMod: simple('coll_mod', `documentdb_api.coll_mod($1, $3, ${bson(2)})`, (context) => [
    ...databaseAndCommand(context),
    ofNamespace(context)[1],
  ]),
  createIndexes: simple(
    'create_indexes',
    `documentdb_api_internal.create_indexes_non_concurrently($1, ${bson(2)}, true)`,
  ),
  listDatabases: simple('list_databases', `documentdb_api.list_databases(${bson(1)})`, ofCommand),
  renameCollection: simple('rename_collection', `documentdb_api.rename_collection(${bson(1)})`, ofCommand),
  collStats: simple('coll_stats', 'documentdb_api.coll_stats($1, $2)', ofNamespace),
  dbStats: simple('db_stats', 'documentdb_api.db_stats($1)', ofDatabase),
  drop,
  dropDatabase,
  dropIndexes,
};

/** Those that only a primary takes. */
export const WRITE_COMMANDS: ReadonlySet<string> = new Set([
  'insert',
  'update',
  'delete',
  'findAndModify',
  'findandmodify',
  'create',
  'collMod',
  'createIndexes',
  'renameCollection',
  'drop',
  'dropDatabase',
  'dropIndexes',
  'commitTransaction',
  'abortTransaction',
]);

/** Documents as a pipeline's source, for what the front knows and the engine is to filter. */
export function documentsStage(documents: readonly Document[]): Document {
  return { $documents: { $literal: documents } };
}
