/** Single commands to a server outside of the store's connection, for example before the store is open. */

import { createConnection, mongo } from 'mongoose';

import { isUnavailable } from './errors.js';

/** Runs an admin command on a new connection. Rejects with the driver's error after `timeoutMs` at most. */
export async function adminCommand(
  uri: string,
  command: mongo.Document,
  timeoutMs: number,
): Promise<mongo.Document> {
  const connection = createConnection(uri, {
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    bufferCommands: false,
    maxPoolSize: 1,
    appName: 'smartpersona',
  });
  connection.on('error', () => undefined);
  try {
    await connection.asPromise();
    return await connection.db!.admin().command(command);
  } finally {
    await connection.close(true).catch(() => undefined);
  }
}

/** Outcome of a small disk write: done, refused by the server, or no answer in time. */
export type WriteProbe = 'done' | 'refused' | 'silent';

/**
 * Probes a server with a small write. After a storage engine failure, for example on a full disk, a server answers
 * pings but refuses every write.
 */
export async function probeWrite(uri: string, timeoutMs: number): Promise<WriteProbe> {
  const updates = [{ q: { _id: 'probe' }, u: { $inc: { n: 1 } }, upsert: true }];
  const write = { update: 'probes', updates, writeConcern: { w: 'majority', j: true } };
  try {
    const answer = await adminCommand(uri, write, timeoutMs);
    return answer['writeErrors'] === undefined ? 'done' : 'refused';
  } catch (error) {
    return error instanceof mongo.MongoServerError && !isUnavailable(error) ? 'refused' : 'silent';
  }
}
