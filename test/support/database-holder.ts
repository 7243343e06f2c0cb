/**
 * A program that opens the database of a data folder and holds it until it is told to stop: `DATA_DIR ROLE`. It prints
 * one line of JSON when the database is open, or the error that kept it from opening.
 */

import { cacheFolder, openDatabase } from '../../server/database/index.js';

const [dataDir = '', role] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error() {} };

openDatabase({
  settings: {
    mongodbUri: process.env['MONGODB_URI'] ?? null,
    ...{ dataDir, programPath: '', cacheDir: cacheFolder(process.env) },
  },
  role: role as 'server' | 'command',
  log,
}).then(
  (database) => {
    process.on('SIGTERM', () => void database.stop().then(() => process.exit(0)));
    process.on('SIGUSR2', () => {
      throw new Error('A defect that nothing catches.');
    });
    setInterval(() => {}, 1_000);
    process.stdout.write(`${JSON.stringify({ uri: database.uri, isStarted: database.isStarted })}\n`);
  },
  (error: Error) => {
    process.stdout.write(`${JSON.stringify({ name: error.name, message: error.message })}\n`);
    process.exit(1);
  },
);
