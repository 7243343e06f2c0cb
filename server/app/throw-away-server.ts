/** A server for a single simulation: the entire product in a separate process, on a temporary data folder. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { InvalidInputError } from '../domain/index.js';

const ENTRY = fileURLToPath(new URL('./simulated-server.js', import.meta.url));
const READY = /SmartPersona is ready on (http:\/\/\S+?)\/?\s/;
const KEPT_CHARACTERS = 10_000;
/** The simulation starts the weekly job itself; this date comes once in four years. */
const HARDLY_EVER = '0 0 29 2 *';

interface ThrowAwayServer {
  /** Without a trailing slash. */
  readonly url: string;
  /** Sets the server's clock, which continues from there. */
  setClock(now: number): Promise<void>;
  /** The end of its output. */
  output(): string;
  stop(): Promise<void>;
}

interface ThrowAwayServerOptions {
  readonly seedUsers: number;
  /** Initial time of its clock, ms since the epoch. */
  readonly now: number;
  readonly secret: string;
  readonly pepper: string;
}

/** Resolves when it has its first model. Its embedded database in a temporary folder isolates it from installations. */
export async function startThrowAwayServer(options: ThrowAwayServerOptions): Promise<ThrowAwayServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-simulation-'));
  const child = fork(ENTRY, [String(options.now)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      MONGODB_URI: '',
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'error',
      SMARTPERSONA_DATA_DIR: dataDir,
      SMARTPERSONA_SEED_USERS: String(options.seedUsers),
      SMARTPERSONA_SECRET: options.secret,
      SMARTPERSONA_PEPPER: options.pepper,
      SMARTPERSONA_RETRAIN_CRON: HARDLY_EVER,
    },
  });
  let output = '';
  const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_CHARACTERS));
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  const stop = async () => {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(dataDir, { recursive: true, force: true });
  };
  // Pending requests to this server then fail, and the caller cleans up by `stop`.
  const interrupted = () => void child.kill('SIGTERM');
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const url = await readyUrl(child, () => output);
    return { url, stop, output: () => output, setClock: (now) => tell(child, now) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function tell(child: ChildProcess, now: number): Promise<void> {
  const heard = once(child, 'message');
  child.send({ now });
  await heard;
}

function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', () => {
      const match = READY.exec(output());
      if (match !== null) resolve(match[1]);
    });
    child.once('exit', (code) =>
      reject(new InvalidInputError(`The simulated server ended with ${code}:\n${output()}`)),
    );
  });
}
