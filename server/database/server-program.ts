/** Runs a database server as a separate program, and waits until it answers. */

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { adminCommand } from '../store/mongo/index.js';

import { DATABASE_NAME } from './connection-string.js';
import { endProcess, identify, type ProcessIdentity } from './process.js';

const START_DEADLINE_MS = 90_000;
const END_DEADLINE_MS = 15_000;
const PING_MS = 1_000;
const POLL_MS = 100;
const TOLD_LINES = 5;

export interface ServerProgram {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  readonly storagePath: string;
  /** The entire environment of the program; default the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Output of the program; the previous file is kept beside it. */
  readonly logPath: string;
  /** Work after the first answer, before the database is used; default none. */
  readonly prepare?: (uri: string, port: number) => Promise<void>;
}

/** The account of an embedded database, see account.ts. */
export const ACCOUNT = 'smartpersona';

/** `password`: of the account, for a server with access control; default null. */
export function uriOf(port: number, password: string | null = null): string {
  const account = password === null ? '' : `${ACCOUNT}:${password}@`;
  const source = password === null ? '' : '&authSource=admin';
  return `mongodb://${account}127.0.0.1:${port}/${DATABASE_NAME}?directConnection=true${source}`;
}

/** A free port of 127.0.0.1; `preferred` if it is free. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(preferred, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  } catch (error) {
    if (preferred === 0) throw error;
    return freePort();
  } finally {
    server.close();
  }
}

/**
 * Starts the program and resolves when the server answers; rejects with the end of its log when it does not. The program
 * ends when `signal` is aborted, or this process ends, before that. `password` as in `uriOf`.
 */
export async function startProgram(
  program: ServerProgram,
  port: number,
  { signal, password = null }: { signal?: AbortSignal; password?: string | null } = {},
): Promise<ProcessIdentity> {
  signal?.throwIfAborted();
  const uri = uriOf(port, password);
  mkdirSync(program.storagePath, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(program.logPath), { recursive: true });
  if (existsSync(program.logPath)) renameSync(program.logPath, `${program.logPath}.old`);
  const log = openSync(program.logPath, 'a', 0o600);
  // A separate process group: Ctrl-C in a terminal reaches only this process, which closes in order and ends the server.
  const child = spawn(program.command, program.args(port), {
    cwd: program.storagePath,
    env: program.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`it ended at once (${signal ?? `code ${code}`})`)));
  });
  failed.catch(() => undefined);
  child.unref();
  const abandon = () => child.kill();
  process.once('exit', abandon);
  signal?.addEventListener('abort', abandon, { once: true });
  try {
    await Promise.race([failed, untilItAnswers(uri, () => child.exitCode !== null)]);
    const identity = identify(child.pid!);
    if (identity === null) throw new Error('it ended at once');
    await program.prepare?.(uri, port);
    return identity;
  } catch (error) {
    const identity = child.pid === undefined ? null : identify(child.pid);
    if (identity !== null && child.exitCode === null) await endProcess(identity, END_DEADLINE_MS);
    throw new Error(`${(error as Error).message}${lastLines(program.logPath)}`, { cause: error });
  } finally {
    process.off('exit', abandon);
    signal?.removeEventListener('abort', abandon);
  }
}

/** Whether the server answers within `timeoutMs`, by default a second. */
async function answers(uri: string, timeoutMs = PING_MS): Promise<boolean> {
  return adminCommand(uri, { ping: 1 }, timeoutMs).then(
    () => true,
    () => false,
  );
}

/** Ends a server gracefully: it has 15 s to close its files. */
export function endProgram(identity: ProcessIdentity): Promise<void> {
  return endProcess(identity, END_DEADLINE_MS);
}

async function untilItAnswers(uri: string, hasEnded: () => boolean): Promise<void> {
  for (const until = Date.now() + START_DEADLINE_MS; Date.now() < until && !hasEnded();) {
    if (await answers(uri)) return;
    await pause(POLL_MS);
  }
  throw new Error(`it did not answer within ${START_DEADLINE_MS / 1_000} s`);
}

function lastLines(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n').slice(-TOLD_LINES);
  return lines.join('') === '' ? '' : `; its log ends:\n      ${lines.join('\n      ')}`;
}
