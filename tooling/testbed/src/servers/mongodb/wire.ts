// MongoDB's wire protocol as a server sees it: OP_MSG both ways, and OP_QUERY for the driver's first hello.
// Documents are kept lossless (no number changes its BSON type); what a reply adds to one is spliced in as bytes.
import { deserialize, serialize, type Document } from 'bson';

const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;
const CHECKSUM_BYTES = 4;

const LOSSLESS = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/** One message of a client: a command, and how its reply is to be sent. */
export interface Request {
  readonly id: number;
  readonly name: string;
  readonly command: Document;
  /** The client wants no reply (an unacknowledged write). */
  readonly isSilent: boolean;
  /** The client takes any number of replies to this one request (a streaming hello). */
  readonly allowsExhaust: boolean;
  /** Sent as OP_QUERY, so the reply has to be an OP_REPLY. */
  readonly isLegacy: boolean;
}

/** Cuts what a socket delivers into whole messages. */
export class MessageReader {
  #buffered: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
  }

  /** The next message, or undefined until more bytes have come. */
  next(): Buffer | undefined {
    if (this.#buffered.length < HEADER_BYTES) return undefined;
    const length = this.#buffered.readInt32LE(0);
    if (this.#buffered.length < length) return undefined;
    const message = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return message;
  }
}

/** @throws {Error} for a message that no driver of today sends (compressed, or of before OP_MSG) */
export function decodeRequest(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  if (opcode === OP_MSG) return decodeMsg(id, message);
  if (opcode === OP_QUERY) return decodeQuery(id, message);
  throw new Error(`opcode ${opcode} is not understood`);
}

/** A BSON document as it is, or as its bytes. */
export type Body = Document | Buffer;

export interface Reply {
  readonly to: Request | number;
  readonly body: Body;
  /** More replies to the same request follow. */
  readonly moreToCome?: boolean;
}

let lastId = 0;

/** The bytes of a reply, and the id by which the next one of a stream refers to it. */
export function encodeReply({ to, body, moreToCome = false }: Reply): { bytes: Buffer; id: number } {
  const id = (lastId = (lastId + 1) & 0x7fffffff);
  const document = Buffer.isBuffer(body) ? body : serialize(body);
  const isLegacy = typeof to === 'object' && to.isLegacy;
  const head = isLegacy ? replyHead() : msgHead(moreToCome ? MORE_TO_COME : 0);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(id, 4);
  head.writeInt32LE(typeof to === 'object' ? to.id : to, 8);
  return { bytes: Buffer.concat([head, document]), id };
}

/** A document, with every number as the BSON type that it was sent as. */
export function parse(bytes: Uint8Array): Document {
  return deserialize(bytes, LOSSLESS);
}

/** The document's bytes with these elements added at its end. */
export function append(document: Body, elements: Document): Buffer {
  const body = Buffer.isBuffer(document) ? document : serialize(document);
  const added = serialize(elements);
  const joined = Buffer.concat([body.subarray(0, -1), added.subarray(4)]);
  joined.writeInt32LE(joined.length, 0);
  return joined;
}

function decodeMsg(id: number, message: Buffer): Request {
  const flags = message.readUInt32LE(HEADER_BYTES);
  const end = (flags & CHECKSUM_PRESENT) === 0 ? message.length : message.length - CHECKSUM_BYTES;
  const command: Document = {};
  for (let at = HEADER_BYTES + 4; at < end;) {
    const start = at + 1;
    const size = message.readInt32LE(start);
    const section = message.subarray(start, start + size);
    Object.assign(command, message[at] === 0 ? parse(section) : decodeSequence(section));
    at = start + size;
  }
  return {
    id,
    command,
    name: nameOf(command),
    isSilent: (flags & MORE_TO_COME) !== 0,
    allowsExhaust: (flags & EXHAUST_ALLOWED) !== 0,
    isLegacy: false,
  };
}

/** A list of documents beside the command's body: its size, its key, then one document after the other. */
function decodeSequence(section: Buffer): Document {
  const keyEnd = section.indexOf(0, 4);
  const documents: Document[] = [];
  for (let at = keyEnd + 1; at < section.length;) {
    const size = section.readInt32LE(at);
    documents.push(parse(section.subarray(at, at + size)));
    at += size;
  }
  return { [section.toString('utf8', 4, keyEnd)]: documents };
}

function decodeQuery(id: number, message: Buffer): Request {
  const collectionEnd = message.indexOf(0, HEADER_BYTES + 4);
  const namespace = message.toString('utf8', HEADER_BYTES + 4, collectionEnd);
  const start = collectionEnd + 1 + 8;
  const command = parse(message.subarray(start, start + message.readInt32LE(start)));
  return {
    id,
    command: { ...command, $db: namespace.split('.', 1)[0] },
    name: nameOf(command),
    isSilent: false,
    allowsExhaust: false,
    isLegacy: true,
  };
}

function nameOf(command: Document): string {
  return Object.keys(command)[0] ?? '';
}

function msgHead(flags: number): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 5);
  head.writeInt32LE(OP_MSG, 12);
  head.writeUInt32LE(flags, HEADER_BYTES);
  return head;
}

function replyHead(): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 20);
  head.writeInt32LE(OP_REPLY, 12);
  // Flags "await capable", cursor 0, starting from 0, one document.
  head.writeInt32LE(8, HEADER_BYTES);
  head.writeInt32LE(1, HEADER_BYTES + 16);
  return head;
}
