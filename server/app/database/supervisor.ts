/** Keeps an embedded database alive: looks after its process, and starts it again when it is gone. */

import type { Logger } from '../../domain/index.js';

import type { DatabaseRecord } from './data-folder.js';
import { isAlive } from './process.js';

const LOOK_MS = 250;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

export interface SupervisorOptions {
  readonly log: Logger;
  /** The server as it was started last. */
  readonly read: () => DatabaseRecord;
  readonly restart: (dead: DatabaseRecord) => Promise<void>;
}

export interface Supervisor {
  /** Resolves when no restart is under way any more. */
  stop(): Promise<void>;
}

export function supervise({ log, read, restart }: SupervisorOptions): Supervisor {
  let isStopped = false;
  let pauseMs = FIRST_PAUSE_MS;
  let running: Promise<void> = Promise.resolve();
  let timer = schedule(LOOK_MS);

  function schedule(delayMs: number): NodeJS.Timeout {
    // Looking after the database is no reason for the process to live on.
    return setTimeout(() => (running = look()), delayMs).unref();
  }

  async function look(): Promise<void> {
    let nextMs = LOOK_MS;
    const record = read();
    if (isAlive(record.process)) pauseMs = FIRST_PAUSE_MS;
    else {
      log.warn(
        { pid: record.process.pid, kind: record.kind },
        'the embedded database has died; starting it again',
      );
      try {
        await restart(record);
        log.info({ pid: read().process.pid, kind: record.kind }, 'the embedded database runs again');
      } catch (error) {
        log.error({ err: error, nextAttemptMs: pauseMs }, 'the embedded database could not be started again');
      }
      nextMs = pauseMs;
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    }
    if (!isStopped) timer = schedule(nextMs);
  }

  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
