/** Python peers in a virtual environment of their own, made on first use. */

import { execFile, spawn } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from '../process.js';

const run = promisify(execFile);
const SCRIPTS = join(ROOT, 'test/bench/peers');
const ENVIRONMENT = join(ROOT, 'node_modules/.cache/smartpersona/bench-peers');
const PYTHON = join(ENVIRONMENT, 'bin/python');
const THREADS = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'];
/** A forced core type or cache size makes numpy slower than it is. */
const UNSET = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'OPENBLAS_L2SIZE'];

/** Whether the peers can run here; says why not. */
export async function preparePeers(): Promise<boolean> {
  try {
    await access(join(ENVIRONMENT, '.ready'));
    return true;
  } catch {
    process.stderr.write('Installing the Python peers ...\n');
  }
  try {
    await mkdir(ENVIRONMENT, { recursive: true });
    await run('python3', ['-m', 'venv', ENVIRONMENT]);
    await run(PYTHON, ['-m', 'pip', 'install', '-q', '-r', join(SCRIPTS, 'requirements.txt')]);
    await run('touch', [join(ENVIRONMENT, '.ready')]);
    return true;
  } catch (error) {
    process.stderr.write(`Without peers: ${(error as Error).message}\n`);
    return false;
  }
}

/** What a peer's task prints; null when it fails. */
export async function runPeer<T>(task: string, ...args: (string | number)[]): Promise<T | null> {
  const env = { ...process.env };
  for (const name of UNSET) delete env[name];
  for (const name of THREADS) env[name] = '1';
  const child = spawn(PYTHON, [join(SCRIPTS, 'peers.py'), task, ...args.map(String)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  return code === 0 ? (JSON.parse(output) as T) : null;
}
