/**
 * Brings memory and record together again when the connection to the database is back. Meanwhile a write may have been
 * stored without its answer, and a notice of another instance may have been lost with the database.
 */

import type { Logger } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { PersonaService } from './persona.service.js';
import type { ProfileService } from './profile.service.js';

/** The change streams go on first, so that what they deliver is not pushed a second time. */
const SETTLE_MS = 2_000;

export interface ReconnectionOptions {
  readonly store: Store;
  readonly profiles: ProfileService;
  readonly personas: Pick<PersonaService, 'forgetAll'>;
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

  /** Resolves when no catching up is under way. */
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
    const { profiles, personas, log } = this.options;
    try {
      const rebuilt = await profiles.recover();
      await profiles.verify();
      personas.forgetAll();
      log.info({ users: rebuilt }, 'the database is back; users with unapplied changes were rebuilt');
    } catch (error) {
      log.warn({ err: error }, 'the database is back, but catching up failed; it is tried again');
      this.schedule();
    }
  }
}
