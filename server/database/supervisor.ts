/** Restarts an embedded database that has died, refuses every write, or does not answer any more. */

import type { Logger } from '../domain/index.js';
import type { WriteProbe } from '../store/mongo/index.js';

import type { DatabaseRecord } from './data-folder.js';
import { isAlive } from './process.js';

const LOOK_MS = 250;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
/** Process checks per write check. */
const LOOKS_PER_WRITE = 12;
/**
 * Failed probes in a row before a restart. A single refusal may be transient, and a busy server may leave several probes
 * without an answer.
 */
const MAX_FAILURES = { refused: 2, silent: 4 };
const PROBLEMS = { refused: 'refuses every write', silent: 'does not answer' };

type Started = Pick<DatabaseRecord, 'kind' | 'process' | 'uri'>;

interface SupervisorOptions<R extends Started> {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** The record of the latest start of the server. */
  readonly read: () => R;
  /** The result of a small write; an error that may be transient is no refusal. */
  readonly probe: (record: R) => Promise<WriteProbe>;
  /** Restarts the server; stops when `signal` is aborted. */
  readonly restart: (dead: R, signal: AbortSignal) => Promise<void>;
}

interface Supervisor {
  /** Resolves when no restart is in progress. */
  stop(): Promise<void>;
}

export function supervise<R extends Started>({
  log,
  read,
  probe,
  restart,
}: SupervisorOptions<R>): Supervisor {
  const stopping = new AbortController();
  let pauseMs = FIRST_PAUSE_MS;
  let nLooks = 0;
  let failures = { refused: 0, silent: 0 };
  let running: Promise<void> = Promise.resolve();
  let timer = schedule(LOOK_MS);

  function schedule(delayMs: number): NodeJS.Timeout {
    // Does not keep the process running.
    return setTimeout(() => (running = look()), delayMs).unref();
  }

  /** The problem with the database; null for none. */
  async function problemOf(record: R): Promise<string | null> {
    if (!isAlive(record.process)) return 'has died';
    if (++nLooks % LOOKS_PER_WRITE !== 0) return null;
    const result = await probe(record);
    if (result === 'done') {
      failures = { refused: 0, silent: 0 };
      pauseMs = FIRST_PAUSE_MS;
      return null;
    }
    failures = { refused: 0, silent: 0, [result]: failures[result] + 1 };
    return failures[result] >= MAX_FAILURES[result] ? PROBLEMS[result] : null;
  }

  async function look(): Promise<void> {
    let nextMs = LOOK_MS;
    const record = read();
    const problem = await problemOf(record);
    if (problem !== null && !stopping.signal.aborted) {
      log.warn(
        { pid: record.process.pid, kind: record.kind },
        `the embedded database ${problem}; starting it again`,
      );
      try {
        await restart(record, stopping.signal);
        failures = { refused: 0, silent: 0 };
        log.info({ pid: read().process.pid, kind: record.kind }, 'the embedded database runs again');
      } catch (error) {
        log.error({ err: error, nextAttemptMs: pauseMs }, 'the embedded database could not be started again');
      }
      nextMs = pauseMs;
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    }
    if (!stopping.signal.aborted) timer = schedule(nextMs);
  }

  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
