/** The server of a simulation. Its clock starts at the argument `NOW`; the parent process sets it by messages. */

import { fail } from './fail.js';
import { startServer } from './server.js';

let base = Number(process.argv[2]);
let setAt = Date.now();

process.on('message', ({ now }: { now: number }) => {
  base = now;
  setAt = Date.now();
  process.send?.({ now });
});
// The parent process has ended: stop, and ignore output errors, since the pipes are closed.
process.on('disconnect', () => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
});

startServer({ clock: () => base + Date.now() - setAt }).catch(fail);
