/**
 * Builds the product into dist: kernels, server, client. `--if-needed` builds only when a source is newer than the last
 * build; `--after-install` is npm's `prepare`. A production install (`npm ci --omit=dev`) has no build tools and uses an
 * existing build unchanged.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = join(ROOT, 'dist', '.built');
const SOURCES = ['server', 'schema', 'jobs', 'client', 'package.json', 'tsconfig.json'];
const STEPS = ['build:kernels', 'build:server', 'build:client'];

const nodeProblem = checkNode();
if (nodeProblem !== null) {
  process.stderr.write(`${nodeProblem}\n`);
  process.exit(1);
}
const mode = process.argv[2] ?? '--always';
const isBuilt = existsSync(STAMP);
if (!hasBuildTools()) {
  if (isBuilt) process.exit(0);
  const isInstall = mode === '--after-install';
  process.stderr.write(
    `SmartPersona is not built${isInstall ? ' yet' : ''}, and the packages that build it are not installed. Build first:` +
      ' npm ci (which builds), then npm ci --omit=dev, which keeps dist.\n',
  );
  process.exit(isInstall ? 0 : 1);
}
if (mode === '--if-needed' && isBuilt && !isOutdated()) process.exit(0);
build();

/** An error message if this Node is too old, else null. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return null;
  return `SmartPersona needs Node 20.19 or later; this is Node ${process.versions.node}.`;
}

function hasBuildTools() {
  const { resolve } = createRequire(import.meta.url);
  return ['typescript', 'vite', 'assemblyscript/asc'].every((name) => {
    try {
      resolve(name);
      return true;
    } catch (error) {
      // Installed, but without a CommonJS entry.
      return error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
    }
  });
}

/** True when a source was changed after the last build. */
function isOutdated() {
  const builtAt = statSync(STAMP).mtimeMs;
  const isNewer = (path) => {
    const stats = statSync(path);
    if (!stats.isDirectory()) return stats.mtimeMs > builtAt;
    return readdirSync(path).some((name) => name !== 'generated' && isNewer(join(path, name)));
  };
  return SOURCES.map((name) => join(ROOT, name)).some((path) => existsSync(path) && isNewer(path));
}

function build() {
  for (const step of STEPS) {
    const { status } = spawnSync('npm', ['run', '--silent', step], {
      cwd: ROOT,
      // Stdout belongs to the calling command, so the build prints to stderr.
      stdio: ['inherit', 2, 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) process.exit(status ?? 1);
  }
  const operations = join(ROOT, 'client', 'generated', 'persisted-documents.json');
  copyFileSync(operations, join(ROOT, 'dist', 'persisted-operations.json'));
  cpSync(join(ROOT, 'jobs', 'spark'), join(ROOT, 'dist', 'jobs', 'spark'), { recursive: true });
  writeFileSync(STAMP, '');
}
