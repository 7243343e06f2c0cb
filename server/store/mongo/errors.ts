/** Translates driver errors to domain errors. */

import { mongo } from 'mongoose';

import { DatabaseUnavailableError } from '../../domain/index.js';

/** Temporary server states: no primary yet, shutting down, stepping down. */
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

const DUPLICATE_KEY = 11_000;

/** Wraps a repository so that errors of every method are translated; results and streams are passed through. */
export function guarded<T extends object>(repository: T): T {
  return new Proxy(repository, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, args);
        // A mongoose query is both a promise and a stream; as a result it is treated as a promise.
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

/** Translates a driver error to DatabaseUnavailableError; other errors are returned unchanged. */
export function translate(error: unknown): unknown {
  return isUnavailable(error) ? new DatabaseUnavailableError({ cause: error }) : error;
}

/** True when the database is unreachable or temporarily unable to answer. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (UNAVAILABLE_NAMES.has(error.name)) return true;
  if (error instanceof mongo.MongoError && error.hasErrorLabel('RetryableWriteError')) return true;
  if (error instanceof mongo.MongoServerError && PASSING_CODES.has(Number(error.code))) return true;
  // A bulk write that lost its connection reports a server error; the network error is inside it.
  if (error instanceof mongo.MongoServerError && isUnavailable(error.errorResponse)) return true;
  return error.cause !== undefined && isUnavailable(error.cause);
}

/** Positions of the bulk write operations that failed with a duplicate key; any other failure is rethrown. */
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

/** Ignores a duplicate key: a concurrent writer stored the same document first. */
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
