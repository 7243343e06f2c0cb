/**
 * Applies what instances that ended left unapplied. A running instance applies a thumb or an event within a second, so
 * marks of others that stay longer are taken for abandoned: their users are rebuilt from the record and published. An
 * instance that was only slow loses nothing by that, since its next write of such a user is made from the record as well.
 */

import type { Logger } from '../../domain/index.js';
import type { PendingMark, Store } from '../../store/index.js';

import type { ProfileService } from './profile.service.js';

const LOOK_MS = 1_000;
/** How long a mark of another instance has to be seen before it counts as abandoned. */
const PATIENCE_MS = 3_000;
/** The same for a bulk load, which marks many users and takes its time. */
const BULK_PATIENCE_MS = 600_000;
/** Users rebuilt after one look; the rest follow after the next. */
const MAX_USERS = 200;

export interface SuccessionOptions {
  readonly store: Store;
  readonly profiles: Pick<ProfileService, 'rebuild'>;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

/** A thumb or a mark of another instance. */
interface Lead {
  readonly key: string;
  readonly userIds: readonly string[];
  readonly patienceMs: number;
  /** Null for a thumb. */
  readonly mark: PendingMark | null;
}

export class Succession {
  /** When each lead was seen first. */
  private seen = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly options: SuccessionOptions) {}

  /** Looks every second until `close`. Without change streams there are no other instances. */
  follow(): void {
    if (this.isClosed || !this.options.store.hasChangeStreams) return;
    this.timer = setTimeout(() => {
      this.running = this.look()
        // The next look comes soon, and a database that is away is logged elsewhere.
        .catch(() => undefined)
        .then(() => this.follow());
    }, LOOK_MS);
    this.timer.unref();
  }

  /** Resolves when no look is under way. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Rebuilds the users of what has been seen for long enough. */
  async look(): Promise<void> {
    const { store, profiles, clock, log } = this.options;
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
    await profiles.rebuild([...userIds], { isAnnounced: true });
    log.info(
      { users: userIds.size },
      'users with changes that an ended instance left unapplied were rebuilt',
    );
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
