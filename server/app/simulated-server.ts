/** The server of a simulation: `NOW`. Its clock starts there and is set anew by the program that started it. */

import { fail } from './fail.js';
import { startServer } from './server.js';

let base = Number(process.argv[2]);
let setAt = Date.now();

process.on('message', ({ now }: { now: number }) => {
  base = now;
  setAt = Date.now();
  process.send?.({ now });
});
// Whoever started it is gone, and with it the reason to run. Nobody reads what is printed from here on.
process.on('disconnect', () => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
});

startServer({ clock: () => base + Date.now() - setAt }).catch(fail);
