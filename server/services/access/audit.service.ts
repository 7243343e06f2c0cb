/** The audit log: records who changed what, and how it ended. */

import type { AuditAction, AuditActor, AuditEntry, Logger } from '../../domain/index.js';
import { SmartPersonaError } from '../../domain/index.js';
import type { Page, PageRequest, Store } from '../../store/index.js';

import type { AuditPort } from '../index.js';

interface AuditServiceOptions {
  readonly store: Pick<Store, 'audit'>;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
}

/** Characters of the instant in an id: milliseconds in base 36 until the year 5188. */
const TIME_DIGITS = 9;

export class AuditService implements AuditPort {
  constructor(private readonly options: AuditServiceOptions) {}

  async record(entry: Omit<AuditEntry, 'entryId' | 'at'>): Promise<void> {
    const { store, createId, clock, log } = this.options;
    const at = clock();
    const entryId = `${at.toString(36).padStart(TIME_DIGITS, '0')}-${createId()}`;
    try {
      await store.audit.append({ entryId, at, ...entry });
    } catch (error) {
      // The change itself is done and must not be reported as failed.
      log.error({ err: error, ...entry }, 'an entry of the audit log could not be stored');
    }
  }

  async run<T>(
    { actor, action, target }: { actor: AuditActor; action: AuditAction; target: string | null },
    work: () => Promise<T>,
    about?: (result: T) => Partial<Pick<AuditEntry, 'target' | 'outcome'>>,
  ): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      const outcome = error instanceof SmartPersonaError ? 'refused' : 'failed';
      await this.record({ actor, action, target, outcome });
      throw error;
    }
    await this.record({ actor, action, target, outcome: 'done', ...about?.(result) });
    return result;
  }

  entries(page: PageRequest): Promise<Page<AuditEntry>> {
    return this.options.store.audit.list(page);
  }
}
