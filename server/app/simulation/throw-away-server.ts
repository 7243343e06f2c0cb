/** A server for one simulation: the whole product as a process of its own, on a data folder that goes afterwards. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { InvalidInputError } from '../../domain/index.js';

const ENTRY = fileURLToPath(new URL('./simulated-server.js', import.meta.url));
const READY = /SmartPersona is ready on (http:\/\/\S+?)\/?\s/;
/** The weekly job runs when the simulation says so; this date comes once in four years. */
const HARDLY_EVER = '0 0 29 2 *';

export interface ThrowAwayServer {
  /** Without a trailing slash. */
  readonly url: string;
  /** Sets the server's clock, which goes on from there. */
  setClock(now: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ThrowAwayServerOptions {
  readonly seedUsers: number;
  /** What its clock shows at the start, ms since the epoch. */
  readonly now: number;
  readonly secret: string;
  readonly pepper: string;
}

/** Resolves when it has its first model. Never touches another installation: the database is an embedded one. */
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
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const url = await readyUrl(child);
    return { url, stop, setClock: (now) => tell(child, now) };
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

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = READY.exec(output);
      if (match !== null) resolve(match[1]);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.once('exit', (code) =>
      reject(new InvalidInputError(`The simulated server ended with ${code}:\n${output}`)),
    );
  });
}
