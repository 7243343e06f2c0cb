/**
 * Takes over changes that instances left unapplied when they ended. A running instance applies a thumb or an event
 * within a second, so marks of other instances that stay longer count as abandoned: their users are rebuilt from the
 * record and published. An instance that was only slow loses nothing, because its next write of such a user is rebuilt
 * from the record as well.
 */

import type { Logger } from '../../domain/index.js';
import type { PendingMark, Store } from '../../store/index.js';

import type { UserSync } from './user-sync.js';

const LOOK_MS = 1_000;
/** Age at which a mark of other instances counts as abandoned. */
const PATIENCE_MS = 3_000;
/** The same for a bulk load, which marks many users and takes longer. */
const BULK_PATIENCE_MS = 600_000;
/** Maximum number of users per check; the rest follow at the next check. */
const MAX_USERS = 200;

interface SuccessionOptions {
  readonly store: Store;
  readonly sync: Pick<UserSync, 'rebuild'>;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

/** A pending thumb or a mark of other instances. */
interface Lead {
  readonly key: string;
  readonly userIds: readonly string[];
  readonly patienceMs: number;
  /** Null for a thumb. */
  readonly mark: PendingMark | null;
}

export class Succession {
  /** Time when each lead was first seen. */
  private seen = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly options: SuccessionOptions) {}

  /** Checks every second until `close`. Without change streams there are no other instances. */
  follow(): void {
    if (this.isClosed || !this.options.store.hasChangeStreams) return;
    this.timer = setTimeout(() => {
      this.running = this.look()
        // The next check comes soon, and database outages are logged elsewhere.
        .catch(() => undefined)
        .then(() => this.follow());
    }, LOOK_MS);
    this.timer.unref();
  }

  /** Resolves when no check is running. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Rebuilds the users of leads that have exceeded their patience. */
  async look(): Promise<void> {
    const { store, sync, clock, log } = this.options;
    const leads = await this.leads();
    const now = clock();
    this.seen = new Map(leads.map(({ key }) => [key, this.seen.get(key) ?? now]));
    const due = leads.filter(({ key, patienceMs }) => now - this.seen.get(key)! >= patienceMs);
    const userIds = new Set<string>();
    for (const lead of due) {
      if (userIds.size >= MAX_USERS) break;
      if (lead.mark !== null) store.activity.adoptMarks([lead.mark]);
      for (const userId of lead.userIds) userIds.add(userId);
    }
    if (userIds.size === 0) return;
    await sync.rebuild([...userIds], { isAnnounced: true });
    log.info({ users: userIds.size }, 'rebuilt users with changes that an ended instance left unapplied');
  }

  private async leads(): Promise<Lead[]> {
    const { store, instanceId } = this.options;
    const [thumbs, marks] = await Promise.all([
      store.feedback.findPending(),
      store.activity.findForeignMarks(),
    ]);
    return [
      ...thumbs
        .filter(({ origin }) => origin !== instanceId)
        .map(({ userId, itemId, seq }) => ({
          ...{ key: `${userId}:${seq}:${itemId}`, userIds: [userId], patienceMs: PATIENCE_MS, mark: null },
        })),
      ...marks.map((mark) => ({
        ...{ key: mark.markId, userIds: mark.userIds, mark },
        patienceMs: mark.isBulk ? BULK_PATIENCE_MS : PATIENCE_MS,
      })),
    ];
  }
}
