/** Single commands to a server that is not, or not yet, the store's. */

import { createConnection, mongo } from 'mongoose';

import { isUnavailable } from './errors.js';

/** Runs one admin command over a connection of its own. Rejects with the driver's error after `timeoutMs` at most. */
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

/** What comes of a small write to the disk: done, refused by the server, or not answered in time. */
export type WriteProbe = 'done' | 'refused' | 'silent';

/**
 * Asks a server for one small write. One whose storage engine has given up, on a full disk for instance, answers a ping
 * and refuses every write.
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
