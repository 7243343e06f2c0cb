/** The start command: parses its options and starts the server. */

import { parseOrPrint } from './commands/command.js';
import { fail } from './fail.js';
import { ignoreClosedOutput } from './output.js';
import { startServer } from './server.js';

const command = {
  name: 'start',
  summary:
    'Starts the server. Without MONGODB_URI it starts an embedded database. The first start simulates users and trains a model.',
  options: {},
};

export async function start(): Promise<void> {
  ignoreClosedOutput();
  try {
    parseOrPrint(command);
    await startServer();
  } catch (error) {
    fail(error);
  }
}
