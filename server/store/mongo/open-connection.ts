/** Opens a connection for commands that read or change whole collections. */

import { type Connection, createConnection } from 'mongoose';

import { translate } from './errors.js';

/**
 * Creates no collections and indexes, and sets no time limit for answers: an index of a large collection takes minutes.
 * Rejects with DatabaseUnavailableError when the server does not answer.
 */
export async function openConnection(uri: string): Promise<Connection> {
  const connection = createConnection(uri, {
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
    serverSelectionTimeoutMS: 5_000,
    writeConcern: { w: 'majority', j: true },
    appName: 'smartpersona',
  });
  connection.on('error', () => undefined);
  try {
    await connection.asPromise();
    return connection;
  } catch (error) {
    await connection.close(true).catch(() => undefined);
    throw translate(error);
  }
}
