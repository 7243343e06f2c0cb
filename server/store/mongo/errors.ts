/** The one place where what the driver throws becomes what the rest of the system understands. */

import { mongo } from 'mongoose';

import { DatabaseUnavailableError } from '../../domain/index.js';

/** Server states that pass: no primary yet, shutting down, stepping down. */
const PASSING_CODES = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const UNAVAILABLE_NAMES = new Set([
  'MongooseServerSelectionError',
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoOperationTimeoutError',
  'MongoWaitQueueTimeoutError',
  'WaitQueueTimeoutError',
]);

export const DUPLICATE_KEY = 11_000;

/** Calls every method of a repository through the translation; results and streams stay as they are. */
export function guarded<T extends object>(repository: T): T {
  return new Proxy(repository, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, args);
        // A query of mongoose is both a promise and a stream; as a result it stands for the promise.
        if (isPromise(result)) {
          return Promise.resolve(result).catch((error: unknown) => {
            throw translate(error);
          });
        }
        return isStream(result) ? guardedStream(result) : result;
      };
    },
  });
}

/** An error of the driver as one of ours; anything else as it is. */
export function translate(error: unknown): unknown {
  return isUnavailable(error) ? new DatabaseUnavailableError({ cause: error }) : error;
}

/** True when the database cannot be reached, or not just now. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (UNAVAILABLE_NAMES.has(error.name)) return true;
  if (error instanceof mongo.MongoError && error.hasErrorLabel('RetryableWriteError')) return true;
  if (error instanceof mongo.MongoServerError && PASSING_CODES.has(Number(error.code))) return true;
  // A bulk write that lost its server is told as a server's answer, with what really happened inside.
  if (error instanceof mongo.MongoServerError && isUnavailable(error.errorResponse)) return true;
  return error.cause !== undefined && isUnavailable(error.cause);
}

/** Positions of the operations of a bulk write that met an existing key; any other failure is thrown on. */
export function duplicateIndexes(error: unknown): number[] {
  if (error instanceof mongo.MongoBulkWriteError) {
    const failures = [error.writeErrors].flat();
    if (failures.length > 0 && failures.every((failure) => failure.code === DUPLICATE_KEY)) {
      return failures.map((failure) => failure.index);
    }
  }
  throw error;
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Lets a duplicate key pass: somebody else stored the same thing a moment before. */
export function unlessDuplicate(error: unknown): void {
  if (!isDuplicateKey(error)) throw error;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function* guardedStream(stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
  try {
    yield* stream;
  } catch (error) {
    throw translate(error);
  }
}
