/** The start command: options first, then database, first-run data, first training, server. Ends at one ready line. */

import { parseOrPrint } from './commands/command.js';
import { fail } from './fail.js';
import { ignoreClosedOutput } from './output.js';
import { startServer } from './server.js';

const command = {
  name: 'start',
  summary:
    'Starts the server. Without MONGODB_URI it starts a database of its own, and the first start simulates users and trains.',
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
