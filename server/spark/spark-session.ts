/** The process of jobs/spark/train.py, which drives Spark: started for a training, and ended with it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { SmartPersonaError } from '../domain/index.js';
import { UNSHARED_KERNELS_BASE64 } from '../learning/index.js';
import type { ClusterMessage, ClusterSession, RowIds } from '../workers/index.js';

import { readFrames, writeFrame } from './frames.js';
import type { Environment } from './requirements.js';
import { JOB, obtainPySpark, requireJava } from './requirements.js';

/** How long Spark may take to end in order, and to end when it is told to. */
const CLOSE_DEADLINE_MS = 10_000;
const KILL_DEADLINE_MS = 3_000;
const TOLD_LINES = 5;

/** Spark is missing something, or failed; the message says what. */
export class SparkError extends SmartPersonaError {
  readonly code = 'SPARK_FAILED';
}

export interface SparkOptions {
  /** Such as local[*], spark://host:7077, or yarn. */
  readonly master: string;
  readonly mongodbUri: string;
  /** Whether executors can read the database; if not, this machine exports the profiles. */
  readonly readsDatabase: boolean;
  readonly dataDir: string;
  readonly cacheDir: string;
  /** Of Java, Python and Spark. */
  readonly env: Environment;
  readonly onProgress: (message: string) => void;
}

/** Starts Spark with the profiles of these users. The session rejects with SparkError. */
export function createSparkStarter(
  options: SparkOptions,
): (ids: RowIds, signal: AbortSignal) => Promise<ClusterSession> {
  return async (ids, signal) => {
    const session = await startSession(options, signal);
    try {
      await session.call(openingOf(options, ids));
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  };
}

async function startSession(options: SparkOptions, signal: AbortSignal): Promise<SparkSession> {
  let python: string;
  try {
    python = await unlessAborted(signal, preparePython(options));
  } catch (error) {
    signal.throwIfAborted();
    throw new SparkError(
      `The training on Spark cannot start: ${(error as Error).message}. SMARTPERSONA_TRAINER=local trains without Spark.`,
      { cause: error },
    );
  }
  return new SparkSession(python, options, signal);
}

async function preparePython(options: SparkOptions): Promise<string> {
  await requireJava(options.env);
  return obtainPySpark(options, options.onProgress);
}

/** An installation is not worth stopping, but no run waits for it after its end. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function openingOf(
  { master, mongodbUri, readsDatabase, dataDir }: SparkOptions,
  ids: RowIds,
): ClusterMessage {
  const json = (value: readonly string[]) => new Uint8Array(Buffer.from(JSON.stringify(value)));
  return {
    kind: 'open',
    values: { master, uri: mongodbUri, readsDatabase, folder: folderOf(dataDir) },
    arrays: {
      users: json(ids.userIds),
      items: json(ids.itemIds),
      kernels: new Uint8Array(Buffer.from(UNSHARED_KERNELS_BASE64, 'base64')),
    },
  };
}

/** The keys and passwords of the server are none of Spark's business. */
function withoutSecrets(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SMARTPERSONA|MONGODB)_/.test(name)));
}

/** Working files of Spark; only one training runs at a time. */
function folderOf(dataDir: string): string {
  return join(dataDir, 'spark');
}

class SparkSession implements ClusterSession {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private waiting: { resolve(message: ClusterMessage): void; reject(error: Error): void } | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    python: string,
    private readonly options: SparkOptions,
    private readonly signal: AbortSignal,
  ) {
    const folder = folderOf(options.dataDir);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const log = openSync(this.logPath, 'w', 0o600);
    // A process group of its own: ending it ends the JVM and local executors as well.
    this.child = spawn(python, ['-u', join(JOB, 'train.py')], {
      cwd: folder,
      env: { PYSPARK_PYTHON: python, ...withoutSecrets(options.env), PYTHONDONTWRITEBYTECODE: '1' },
      detached: true,
      stdio: ['pipe', log, log, 'pipe'],
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('exit', () => resolve());
    });
    // A write to a process that has ended, which `call` reports.
    this.stdin.on('error', () => undefined);
    this.read().catch((error: unknown) => this.waiting?.reject(error as Error));
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  async call(message: ClusterMessage): Promise<ClusterMessage> {
    this.signal.throwIfAborted();
    const answer = new Promise<ClusterMessage>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    writeFrame(this.stdin, message);
    const end = this.ended.then(() => {
      throw this.failure('ended unexpectedly', this.lastLines());
    });
    return Promise.race([answer, end]);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private readonly onAbort = (): void => {
    this.waiting?.reject(this.signal.reason as Error);
    void this.close();
  };

  private get stdin(): Writable {
    return this.child.stdin!;
  }

  private get logPath(): string {
    return join(this.options.dataDir, 'spark.log');
  }

  private async read(): Promise<void> {
    for await (const message of readFrames(this.child.stdio[3] as Readable)) {
      if (message.kind === 'note') this.options.onProgress(String(message.values.message));
      else if (message.kind === 'failed')
        this.waiting?.reject(this.failure('failed', String(message.values.message)));
      else this.waiting?.resolve(message);
    }
  }

  private failure(what: string, reason: string): SparkError {
    return new SparkError(`The training on Spark ${what}: ${reason} (see ${this.logPath})`);
  }

  /** The log's last lines. */
  private lastLines(): string {
    return readFileSync(this.logPath, 'utf8').trim().split('\n').slice(-TOLD_LINES).join(' ');
  }

  private async end(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    if (!this.signal.aborted) {
      writeFrame(this.stdin, { kind: 'close', values: {}, arrays: {} });
      await this.endedWithin(CLOSE_DEADLINE_MS);
    }
    this.kill('SIGTERM');
    await this.endedWithin(KILL_DEADLINE_MS);
    this.kill('SIGKILL');
    rmSync(folderOf(this.options.dataDir), { recursive: true, force: true });
  }

  private async endedWithin(deadlineMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
  }

  /** To the whole group: the JVM may outlive Python. */
  private kill(name: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, name);
    } catch {
      // All of them have ended.
    }
  }
}
