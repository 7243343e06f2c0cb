/** Restarts an embedded database that has died or refuses every write. */

import type { Logger } from '../domain/index.js';

import type { DatabaseRecord } from './data-folder.js';
import { isAlive } from './process.js';

const LOOK_MS = 250;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
/** Process checks per write check. */
const LOOKS_PER_WRITE = 12;
/** Refused writes in a row before a restart: a single refusal may be transient. */
const MAX_REFUSALS = 2;

interface SupervisorOptions {
  readonly log: Logger;
  /** The record of the latest start of the server. */
  readonly read: () => DatabaseRecord;
  /** True when it answers a small write with an error that is not transient. */
  readonly refusesWrites: (record: DatabaseRecord) => Promise<boolean>;
  /** Restarts the server; stops when `signal` is aborted. */
  readonly restart: (dead: DatabaseRecord, signal: AbortSignal) => Promise<void>;
}

interface Supervisor {
  /** Resolves when no restart is in progress. */
  stop(): Promise<void>;
}

export function supervise({ log, read, refusesWrites, restart }: SupervisorOptions): Supervisor {
  const stopping = new AbortController();
  let pauseMs = FIRST_PAUSE_MS;
  let nLooks = 0;
  let nRefusals = 0;
  let running: Promise<void> = Promise.resolve();
  let timer = schedule(LOOK_MS);

  function schedule(delayMs: number): NodeJS.Timeout {
    // Does not keep the process running.
    return setTimeout(() => (running = look()), delayMs).unref();
  }

  /** The problem with the database; null for none. */
  async function problemOf(record: DatabaseRecord): Promise<string | null> {
    if (!isAlive(record.process)) return 'has died';
    if (++nLooks % LOOKS_PER_WRITE !== 0) return null;
    nRefusals = (await refusesWrites(record)) ? nRefusals + 1 : 0;
    if (nRefusals === 0) pauseMs = FIRST_PAUSE_MS;
    return nRefusals >= MAX_REFUSALS ? 'refuses every write' : null;
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
        nRefusals = 0;
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
