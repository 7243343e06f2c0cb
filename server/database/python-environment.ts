/** Python environments with packages from PyPI, installed once per user in the cache. */

import { execFile } from 'node:child_process';
import { existsSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
const IS_FIT = 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))';
const INSTALL_MS = 600_000;
const TOLD_CHARACTERS = 400;

interface PythonEnvironmentOptions {
  /** Path of the environment: a link to a folder beside it. */
  readonly home: string;
  /** Arguments of `pip install`: packages with their versions, or `-r` and a file. */
  readonly requirements: readonly string[];
  /** A program in the environment and its arguments, which succeeds when all is well. */
  readonly check: readonly [program: string, ...args: string[]];
  /** Called before an installation. */
  readonly onInstall: () => void;
}

/**
 * Resolves with the environment's folder, after making it with Python 3.10 to 3.13 if needed. Rejects with the failure:
 * no such Python, or what pip said.
 */
export async function obtainPythonEnvironment({
  home,
  requirements,
  check: [program, ...args],
  onInstall,
}: PythonEnvironmentOptions): Promise<string> {
  if (existsSync(join(home, program))) return realpathSync(home);
  onInstall();
  // An environment cannot be moved, so it is created in its final folder, and a link is made when it is complete.
  // Of two concurrent installers the first to link wins, and the second deletes its environment.
  const environment = `${home}.${process.pid}.${Date.now()}`;
  try {
    await run(await findPython(), ['-m', 'venv', environment]);
    const pip = ['-m', 'pip', 'install', '--no-input', '--quiet', '--disable-pip-version-check'];
    await run(join(environment, 'bin', 'python'), [...pip, ...requirements]);
    await run(join(environment, program), args);
  } catch (error) {
    rmSync(environment, { recursive: true, force: true });
    throw error;
  }
  try {
    if (!existsSync(join(home, program))) rmSync(home, { force: true });
    symlinkSync(environment, home);
  } catch (error) {
    rmSync(environment, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return realpathSync(home);
}

async function findPython(): Promise<string> {
  for (const name of PYTHONS) {
    const isFit = await run(name, ['-c', IS_FIT]).then(
      () => true,
      () => false,
    );
    if (isFit) return name;
  }
  throw new Error(
    'no Python from 3.10 to 3.13 with venv and pip on PATH (on Debian: apt install python3-venv)',
  );
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: INSTALL_MS }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else {
        const told = (stderr || stdout || error.message).trim().slice(-TOLD_CHARACTERS);
        reject(new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${told}`));
      }
    });
  });
}
