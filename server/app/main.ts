/**
 * `npm start`. Checks the version of Node before it imports the server: on an old Node, later modules fail at import
 * with a confusing error.
 */

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) {
  const { start } = await import('./start.js');
  await start();
} else {
  process.stderr.write(`SmartPersona needs Node 20.19 or later; this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
}
