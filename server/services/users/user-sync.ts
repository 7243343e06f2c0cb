/**
 * Brings users in memory into line with the record and with the writes of other instances: after their thumbs and notices,
 * after a lost connection, and after an unclean stop.
 */

import type { Feedback, PersonaAssignment } from '../../domain/index.js';
import type { Catalogue } from '../../features/index.js';
import { applyEvents } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { ModelRegistry } from '../models/index.js';
import type { KeyedQueue } from './keyed-queue.js';
import type { LivePersonas } from './live-personas.js';
import { continues, holdsThumb } from './rebuilt-profile.js';
import { thumbEvent } from './thumb-event.js';
import type { UserCache } from './user-cache.js';
import type { UserWriter } from './user-writer.js';

const VERIFIED_TOGETHER = 100;

interface UserSyncOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly registry: Pick<ModelRegistry, 'find'>;
  readonly cache: UserCache;
  readonly queue: KeyedQueue;
  readonly writer: UserWriter;
  readonly personas: LivePersonas;
}

export class UserSync {
  constructor(private readonly options: UserSyncOptions) {}

  /**
   * Applies a thumb of a different instance to the cached profile, unless it was read with the thumb. The other
   * instance stores the result; a later write of this instance conflicts with it and is rebuilt from the record. False
   * if this instance has seen other events of the user than that instance, or is changing the user; then the user must
   * be read from the database.
   */
  follow(thumb: Feedback): boolean {
    const { cache, queue, writer, registry, catalogue, personas } = this.options;
    const { userId, afterEvents } = thumb;
    const entry = cache.cached(userId);
    if (entry === undefined || writer.pending(userId) !== undefined || queue.isBusy(userId)) return false;
    if (afterEvents >= 0 && entry.profile.eventCount > afterEvents && holdsThumb(entry.profile, thumb))
      return true;
    const event = thumbEvent(thumb);
    if (entry.profile.eventCount !== afterEvents || !continues(entry.profile, [event])) return false;
    // The persona continues from the persona of the other instance.
    const hasPersona = registry.find() !== null;
    if (hasPersona && entry.assigned.eventCount !== afterEvents) return false;
    entry.profile = applyEvents(entry.profile, [event], catalogue);
    personas.move(entry);
    return true;
  }

  /**
   * Loads cached users again, in a single query, after changes by a different instance, which stores the resulting
   * personas.
   */
  async refresh(userIds: readonly string[]): Promise<void> {
    const { cache, queue, writer, personas } = this.options;
    if (userIds.some((userId) => writer.pending(userId) !== undefined)) await writer.drain();
    await queue.run(userIds, async () => {
      const before = new Map<string, PersonaAssignment | null>();
      for (const userId of userIds) {
        const held = cache.held(userId);
        if (held !== null) before.set(userId, held.assigned.persona);
        cache.forget(userId);
        // What is being stored was read before the change, and stays in memory.
        if (cache.isStoring(userId)) writer.doubt(userId);
      }
      await cache.preload([...before.keys()]);
      for (const [userId, persona] of before) personas.move(await cache.entry(userId), persona);
    });
  }

  /**
   * Compares the cached users with the stored users, e.g. because a notice was lost: rebuilds and publishes profiles
   * that differ, and takes over personas.
   */
  async verify(): Promise<void> {
    const { cache, writer } = this.options;
    const userIds = cache.cachedEntries().map(([userId]) => userId);
    for (let start = 0; start < userIds.length; start += VERIFIED_TOGETHER) {
      const chunk = userIds
        .slice(start, start + VERIFIED_TOGETHER)
        .filter((userId) => !this.isMoving(userId));
      const held = new Map(chunk.map((userId) => [userId, cache.peek(userId)?.profile]));
      for (const [userId, { profile, assigned }] of await cache.read(chunk)) {
        const current = cache.peek(userId)?.profile;
        if (current === undefined || current !== held.get(userId) || this.isMoving(userId)) continue;
        if (profile.revision !== current.revision) writer.doubt(userId);
        else cache.assign(userId, assigned);
      }
    }
  }

  /**
   * Recovers from an unclean stop or a lost connection: rebuilds users with a record that may be ahead of the profile, and
   * makes the other instances read them again. Returns the number of users.
   */
  async recover(): Promise<number> {
    const { store } = this.options;
    const userIds = new Set((await store.feedback.findPending()).map(({ userId }) => userId));
    for (const userId of await store.activity.findPendingUsers()) userIds.add(userId);
    // With other instances, the owner of a mark may still be running and is given time (see succession.ts).
    if (!store.hasChangeStreams) store.activity.adoptMarks(await store.activity.findForeignMarks());
    await this.rebuild([...userIds], { isAnnounced: true });
    return userIds.size;
  }

  /**
   * Recomputes these users from the record and stores the result; `isAnnounced`: notify other instances even if nothing
   * changes.
   */
  rebuild(userIds: readonly string[], { isAnnounced = false } = {}): Promise<void> {
    return this.options.writer.rebuild(userIds, { isAnnounced });
  }

  private isMoving(userId: string): boolean {
    return this.options.writer.isMoving(userId) || this.options.queue.isBusy(userId);
  }
}
