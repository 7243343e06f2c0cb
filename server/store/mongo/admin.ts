/** Single commands to a server that is not, or not yet, the store's. */

import { createConnection, type mongo } from 'mongoose';

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
