/**
 * Stage 7 across instances: forwards changes made on other instances to the subscribers of this instance. Thumbs arrive
 * by the change stream of `feedback`; events, catalogue changes and persona labels by notices, which are written after
 * the changed data can be read. Each instance skips its own changes. A stream resumes where it broke off; if that is
 * impossible, all caches are dropped and every open list is sent again, so a gap costs time but no correctness.
 */

import type { EventPublisher, Feedback, Logger, Tracer } from '../../domain/index.js';
import { groupBy, isVoidRetraction } from '../../domain/index.js';
import type { Notice, Store } from '../../store/index.js';

import type { CatalogueService, LiveUsers, PersonaService } from '../users/index.js';
import type { ModelRegistry } from '../models/index.js';

interface InstancesOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly users: LiveUsers;
  readonly personas: PersonaService;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly tracer: Tracer;
  readonly clock: () => number;
  readonly log: Logger;
}

export class Instances {
  private readonly watching = new AbortController();
  private nStarts = 0;

  constructor(private readonly options: InstancesOptions) {}

  /** Follows other instances until `close`. */
  follow(): void {
    const { feedback, notices } = this.options.store;
    const options = { signal: this.watching.signal, onStart: () => this.begin() };
    void this.each(feedback.watch(options), (changes) =>
      this.onThumbs(changes.map(({ feedback }) => feedback)),
    );
    void this.each(notices.watch(options), (changes) => this.onNotices(changes));
  }

  close(): void {
    this.watching.abort();
  }

  private async onNotices(changes: readonly Notice[]): Promise<void> {
    const { catalogue, personas, instanceId } = this.options;
    const notices = changes.filter(({ origin }) => origin !== instanceId);
    await this.onEvents([
      ...new Set(notices.flatMap(({ kind, userIds }) => (kind === 'profiles' ? userIds : []))),
    ]);
    for (const { kind, itemIds } of notices) {
      if (kind === 'catalogue') await catalogue.refresh(itemIds);
      else if (kind !== 'profiles') await personas.refreshLabels();
    }
  }

  /** Users that cannot follow their thumbs in memory are read in a single query; the others do not wait for it. */
  private async onThumbs(taken: readonly Feedback[]): Promise<void> {
    const { users, bus, tracer, instanceId } = this.options;
    const thumbs = taken.filter((thumb) => thumb.origin !== instanceId && !isVoidRetraction(thumb));
    const byUser = [...groupBy(thumbs, ({ userId }) => userId)];
    const unread = byUser.flatMap(([userId, ofUser]) =>
      ofUser.every((thumb) => users.sync.follow(thumb)) ? [] : userId,
    );
    const reading = unread.length === 0 ? Promise.resolve() : users.sync.refresh(unread);
    const told = byUser.map(([userId, ofUser]) => {
      const { at: receivedAt, trace: parent } = ofUser.at(-1)!;
      const tell = async () => {
        // After a failure the user is read again with the list.
        if (unread.includes(userId)) await reading.catch(() => undefined);
        const trace = tracer.current();
        bus.publish('recommendations.updated', { userId, cause: 'FEEDBACK', receivedAt, trace });
      };
      return tracer.span('thumb.follow', tell, { parent });
    });
    await Promise.all([reading, ...told]);
  }

  private async onEvents(userIds: readonly string[]): Promise<void> {
    const { users, clock, bus } = this.options;
    const receivedAt = clock();
    try {
      await users.sync.refresh(userIds);
    } finally {
      for (const userId of userIds)
        bus.publish('recommendations.updated', { userId, cause: 'EVENTS', receivedAt });
    }
  }

  /** Each of the two streams starts once; any later start may have missed changes. */
  private begin(): void {
    const { registry, catalogue, users, bus, log } = this.options;
    this.nStarts += 1;
    if (this.nStarts <= 2) return;
    log.warn({}, 'a change stream restarted; dropping caches and reading the catalogue again');
    users.forget();
    catalogue
      .refresh()
      .catch((error: unknown) => log.warn({ err: error }, 'catalogue could not be refreshed'));
    const version = registry.find()?.version;
    if (version !== undefined) bus.publish('model.activated', { version });
  }

  /** Handles the changes of a stream in order; those that arrive meanwhile are handled together next. */
  private async each<T>(
    stream: AsyncIterable<T> | null,
    handle: (changes: readonly T[]) => Promise<void>,
  ): Promise<void> {
    if (stream === null) return;
    let waiting: T[] = [];
    let isHandling = false;
    const handleAll = async () => {
      isHandling = true;
      while (waiting.length > 0) {
        const changes = waiting;
        waiting = [];
        try {
          await handle(changes);
        } catch (error) {
          this.options.log.warn({ err: error }, 'changes by other instances could not be applied');
        }
      }
      isHandling = false;
    };
    for await (const change of stream) {
      waiting.push(change);
      if (!isHandling) void handleAll();
    }
  }
}
