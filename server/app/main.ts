/**
 * `npm start`. Loaded before anything else, so that an old Node is named in one line: later modules import what it does
 * not have, which fails before a line of theirs runs.
 */

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) {
  const { start } = await import('./start.js');
  await start();
} else {
  process.stderr.write(`SmartPersona needs Node 20.19 or later; this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
}
