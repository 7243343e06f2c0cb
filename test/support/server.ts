/** Starts the built product as a child process, the way an operator would, and waits for its ready line. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY = /SmartPersona is ready on (http:\/\/\S+?)\/?\s/;
const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 20_000;

export interface TestServerOptions {
  /** Where its record lives; a fresh database name on the test server. */
  readonly mongoUri: string;
  /** Synthetic users on the first start. Default 300. */
  readonly seedUsers?: number;
  /** Reuse a data folder, e.g. for a restart. Default: a temporary one, removed on `stop`. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts it. Default Node on the built entry. */
  readonly command?: readonly [string, ...string[]];
}

/** The built server as a process, from its first moment. */
export interface LaunchedServer {
  readonly pid: number;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves with the first output that matches; rejects when it ends before that, or after two minutes. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal and resolves with the exit code when it has ended; null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface TestServer {
  /** Without a trailing slash. */
  readonly url: string;
  readonly wsUrl: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Runs one of the product's commands against the same data and gives its standard output. */
  run(command: string, ...args: string[]): Promise<string>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function launchServer(options: TestServerOptions): Promise<LaunchedServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'smartpersona-')));
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    PORT: '0',
    MONGODB_URI: options.mongoUri,
    SMARTPERSONA_DATA_DIR: dataDir,
    SMARTPERSONA_SEED_USERS: String(options.seedUsers ?? 300),
    // Among a few hundred users chance alone may hold a version back; the tests of the guard set it themselves.
    SMARTPERSONA_GUARD_TOLERANCE: '100',
    ...options.env,
  };
  const [program, ...args] = options.command ?? [process.execPath, 'dist/server/app/main.js'];
  const child = spawn(program, args, { cwd: ROOT, env });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    pid: child.pid!,
    dataDir,
    env,
    output: () => output,
    until: (pattern) => untilPrinted(child, () => output, pattern),
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill(signal);
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
        await ended;
        clearTimeout(timer);
      }
      return child.exitCode;
    },
  };
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const launched = await launchServer(options);
  const { dataDir, env } = launched;
  const [, url] = await launched.until(READY);
  return {
    url,
    wsUrl: `${url.replace('http', 'ws')}/graphql`,
    dataDir,
    pid: launched.pid,
    output: () => launched.output(),
    run: (command, ...args) => runCommand(env, command, args),
    kill: async () => void (await launched.end('SIGKILL')),
    stop: async () => {
      await launched.end('SIGTERM');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs a built command; rejects with its output when it exits with an error. */
export function runCommand(
  env: NodeJS.ProcessEnv,
  command: string,
  args: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`dist/server/app/commands/${command}.js`, ...args], {
      cwd: ROOT,
      env,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} exited with ${code}: ${stderr}${stdout}`));
    });
  });
}

function untilPrinted(child: ChildProcess, output: () => string, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Not printed within ${START_DEADLINE_MS / 1000} s: ${String(pattern)}\n${output()}`));
    }, START_DEADLINE_MS);
    const check = () => {
      const match = pattern.exec(output());
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout!.on('data', check);
    child.stderr!.on('data', check);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The server ended with ${code} before it printed ${String(pattern)}:\n${output()}`));
    });
    check();
  });
}
