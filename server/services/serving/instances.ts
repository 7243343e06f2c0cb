/**
 * Stage 7 between equal instances: what another one did reaches the sockets of this one. Thumbs come by the change
 * stream of `feedback`; new behaviour, the catalogue and names of personas by notices, written once what they speak of
 * can be read. Each instance skips what it did itself. A stream goes on where it broke off; where that is impossible
 * everything remembered is dropped and every open list is sent anew, so a gap costs time and no truth.
 */

import { LRUCache } from 'lru-cache';

import type { EventPublisher, Feedback, Logger } from '../../domain/index.js';
import { saysNothing } from '../../domain/index.js';
import type { Notice, Store } from '../../store/index.js';

import type { CatalogueService, PersonaService, ProfileService } from '../users/index.js';
import type { ModelRegistry } from '../models/index.js';

const PUBLISHED_USERS = 20_000;

export interface InstancesOptions {
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
  /** The revision of a user's profile when a thumb of another instance was published last. */
  private readonly published = new LRUCache<string, number>({ max: PUBLISHED_USERS });
  private nStarts = 0;

  constructor(private readonly options: InstancesOptions) {}

  /** Follows the others until `close`. */
  follow(): void {
    const { feedback, notices } = this.options.store;
    const options = { signal: this.watching.signal, onStart: () => this.begin() };
    void this.each(feedback.watch(options), async ({ feedback: thumb }) => {
      if (thumb.origin !== this.options.instanceId && !saysNothing(thumb)) await this.onThumb(thumb);
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
      // Thumbs that arrive together after an interruption are read from the database at once, and published once.
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

  /** The two streams begin once each; any later beginning may have missed something. */
  private begin(): void {
    const { registry, catalogue, profiles, personas, bus, log } = this.options;
    this.nStarts += 1;
    if (this.nStarts <= 2) return;
    log.warn({}, 'a change stream had to begin anew; everything remembered is read again');
    profiles.forgetAll();
    personas.forgetAll();
    catalogue
      .refresh()
      .catch((error: unknown) => log.warn({ err: error }, 'the catalogue could not be read again'));
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
        this.options.log.warn({ err: error }, 'what another instance did could not be read');
      }
    }
  }
}
