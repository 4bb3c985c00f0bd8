import { MongoClient } from 'mongodb';
import { OptionError } from '@pool/core';

const ONE_COPY = 'let `mongodb` resolve to one copy (npm ls mongodb shows them)';

/** @throws {OptionError} no MongoClient, or one of another installed copy of the driver */
export function checkClient(pool: string, client: unknown): asserts client is MongoClient {
  if (client instanceof MongoClient) return;
  const isForeign = classNameOf(client) === 'MongoClient';
  const expected = isForeign
    ? `a MongoClient of the copy of "mongodb" that @pool/mongodb uses; this one is of a second copy: ${ONE_COPY}`
    : 'a MongoClient';
  throw new OptionError({ pool, option: 'client', received: client, expected });
}

/** @throws {OptionError} Mongoose has a copy of the driver of its own, and would not take our client */
export function checkMongoose(pool: string, mongoose: { mongo: { MongoClient: unknown } }): void {
  const theirs: unknown = mongoose?.mongo?.MongoClient;
  if (theirs === MongoClient) return;
  const expected =
    typeof theirs === 'function'
      ? `a Mongoose that uses the copy of "mongodb" that @pool/mongodb uses; it has a second copy: ${ONE_COPY}`
      : 'the Mongoose module';
  throw new OptionError({ pool, option: 'mongoose', received: mongoose, expected });
}

function classNameOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? value.constructor?.name : undefined;
}
