/**
 * Stage 7 across instances: forwards changes made on other instances to the subscribers of this instance. Thumbs arrive
 * by the change stream of `feedback`; events, catalogue changes and persona labels by notices, which are written after
 * the changed data can be read. Each instance skips its own changes. A stream resumes where it broke off; if that is
 * impossible, all caches are dropped and every open list is sent again, so a gap costs time but no correctness.
 */

import { LRUCache } from 'lru-cache';

import type { EventPublisher, Feedback, Logger } from '../../domain/index.js';
import { isVoidRetraction } from '../../domain/index.js';
import type { Notice, Store } from '../../store/index.js';

import type { CatalogueService, PersonaService, ProfileService } from '../users/index.js';
import type { ModelRegistry } from '../models/index.js';

const PUBLISHED_USERS = 20_000;

interface InstancesOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly profiles: ProfileService;
  readonly personas: PersonaService;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

export class Instances {
  private readonly watching = new AbortController();
  /** The user's profile revision at the last published thumb of other instances. */
  private readonly published = new LRUCache<string, number>({ max: PUBLISHED_USERS });
  private nStarts = 0;

  constructor(private readonly options: InstancesOptions) {}

  /** Follows other instances until `close`. */
  follow(): void {
    const { feedback, notices } = this.options.store;
    const options = { signal: this.watching.signal, onStart: () => this.begin() };
    void this.each(feedback.watch(options), async ({ feedback: thumb }) => {
      if (thumb.origin !== this.options.instanceId && !isVoidRetraction(thumb)) await this.onThumb(thumb);
    });
    void this.each(notices.watch(options), (notice) => this.onNotice(notice));
  }

  close(): void {
    this.watching.abort();
  }

  private async onNotice({ kind, origin, userIds, itemIds }: Notice): Promise<void> {
    const { catalogue, personas, instanceId } = this.options;
    if (origin === instanceId) return;
    if (kind === 'profiles') for (const userId of userIds) await this.onEvents(userId);
    else if (kind === 'catalogue') await catalogue.refresh(itemIds);
    else await personas.refreshLabels();
  }

  private async onThumb(thumb: Feedback): Promise<void> {
    const { profiles, personas } = this.options;
    const { userId, at, afterEvents } = thumb;
    const isCached = profiles.peek(userId) !== null;
    if (profiles.follow(thumb)) personas.forgetUnless(userId, afterEvents);
    else await this.refresh(userId);
    if (isCached) {
      // Thumbs that arrive together after an interruption are read from the database in a single query, and published
      // once.
      const { revision } = await profiles.get(userId);
      if (this.published.get(userId) === revision) return;
      this.published.set(userId, revision);
    }
    this.tell(userId, 'FEEDBACK', at);
  }

  private async onEvents(userId: string): Promise<void> {
    const heardAt = this.options.clock();
    await this.refresh(userId);
    this.tell(userId, 'EVENTS', heardAt);
  }

  private async refresh(userId: string): Promise<void> {
    await this.options.profiles.refresh(userId);
    this.options.personas.forget(userId);
  }

  private tell(userId: string, cause: 'FEEDBACK' | 'EVENTS', receivedAt: number): void {
    this.options.bus.publish('recommendations.updated', { userId, cause, receivedAt });
  }

  /** Each of the two streams starts once; any later start may have missed changes. */
  private begin(): void {
    const { registry, catalogue, profiles, personas, bus, log } = this.options;
    this.nStarts += 1;
    if (this.nStarts <= 2) return;
    log.warn({}, 'a change stream restarted; dropping caches and reading the catalogue again');
    profiles.forgetAll();
    personas.forgetAll();
    catalogue
      .refresh()
      .catch((error: unknown) => log.warn({ err: error }, 'catalogue could not be refreshed'));
    const version = registry.find()?.version;
    if (version !== undefined) bus.publish('model.activated', { version });
  }

  private async each<T>(
    stream: AsyncIterable<T> | null,
    handle: (change: T) => Promise<void>,
  ): Promise<void> {
    if (stream === null) return;
    for await (const change of stream) {
      try {
        await handle(change);
      } catch (error) {
        this.options.log.warn({ err: error }, 'a change by another instance could not be applied');
      }
    }
  }
}
