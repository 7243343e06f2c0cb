/**
 * Brings memory and record together after the connection to the database was lost. In the meantime a write may have
 * been stored without its answer, and a notice of another instance may have been lost.
 */

import type { Logger } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { UserSync } from './user-sync.js';

/** Delay that lets change streams resume first, so that the changes they deliver are not pushed twice. */
const SETTLE_MS = 2_000;

interface ReconnectionOptions {
  readonly store: Store;
  readonly sync: Pick<UserSync, 'recover' | 'verify'>;
  readonly log: Logger;
}

export class Reconnection {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly options: ReconnectionOptions) {}

  /** Catches up after every reconnect until `close`. */
  follow(): void {
    this.options.store.onReconnect(() => this.schedule());
  }

  /** Resolves when no recovery is running. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.isClosed || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.running = this.running.then(() => this.catchUp());
    }, SETTLE_MS);
  }

  private async catchUp(): Promise<void> {
    const { sync, log } = this.options;
    try {
      const rebuilt = await sync.recover();
      await sync.verify();
      log.info({ users: rebuilt }, 'database reconnected; rebuilt users with unapplied changes');
    } catch (error) {
      log.warn({ err: error }, 'database reconnected, but recovery failed; retrying');
      this.schedule();
    }
  }
}
