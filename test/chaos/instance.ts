/** One server of the product as a child process that a test may kill, freeze, stop and start again. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { waitFor } from '../support/wait-for.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY = /SmartPersona is ready on /g;

export interface InstanceOptions {
  readonly port: number;
  readonly dataDir: string;
  /** Null: the database embedded in the data folder. */
  readonly mongoUri: () => string | null;
  readonly env: Readonly<Record<string, string>>;
}

export interface Instance {
  readonly url: string;
  readonly wsUrl: string;
  readonly dataDir: string;
  isRunning(): boolean;
  /** Everything it has printed since the first start. */
  output(): string;
  /** Starts the process. Resolves at once; `ready` tells when it serves. */
  start(): void;
  /** Resolves when the process started last is ready; rejects when it ends before. */
  ready(deadlineMs: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  ended(deadlineMs: number): Promise<void>;
}

export function createInstance({ port, dataDir, mongoUri, env }: InstanceOptions): Instance {
  let child: ChildProcess | null = null;
  let output = '';
  let nStarts = 0;
  const isRunning = () => child !== null && child.exitCode === null && child.signalCode === null;
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}/graphql`,
    dataDir,
    isRunning,
    output: () => output,
    start() {
      if (isRunning()) throw new Error('The instance is running.');
      nStarts += 1;
      const uri = mongoUri();
      child = spawn(process.execPath, ['dist/server/app/main.js'], {
        cwd: ROOT,
        env: {
          ...process.env,
          ...{ NODE_ENV: 'test', PORT: String(port), SMARTPERSONA_DATA_DIR: dataDir },
          ...(uri === null ? {} : { MONGODB_URI: uri }),
          ...env,
        },
      });
      const collect = (chunk: Buffer) => (output += chunk.toString());
      child.stdout!.on('data', collect);
      child.stderr!.on('data', collect);
    },
    async ready(deadlineMs) {
      await waitFor(
        () => {
          if (!isRunning()) throw new Error(`The server ended before it was ready:\n${output.slice(-2_000)}`);
          return [...output.matchAll(READY)].length >= nStarts;
        },
        'the server is ready',
        deadlineMs,
      );
    },
    signal(signal) {
      child?.kill(signal);
    },
    async ended(deadlineMs) {
      if (child === null || !isRunning()) return;
      const end = once(child, 'exit');
      const timer = setTimeout(() => child?.kill('SIGKILL'), deadlineMs);
      await end;
      clearTimeout(timer);
    },
  };
}
