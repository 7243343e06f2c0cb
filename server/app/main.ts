/** `npm start`: database, first-run data, first training, server. Ends at one ready line. */

import { fail } from './fail.js';
import { startServer } from './server.js';

startServer().catch(fail);
