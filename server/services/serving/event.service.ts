/**
 * Stages 1 to 3 for events from the API: validates each row, records it, updates the profiles and publishes.
 */

import type { BehaviourEvent, EventPublisher } from '../../domain/index.js';
import { MAX_CLOCK_SKEW_MS, MAX_ID_CHARACTERS, groupBy } from '../../domain/index.js';
import { MAX_EVENT_POSITION, MAX_EVENT_VALUE, eventId, sessionKey } from '../../ingest/index.js';
import type { Store } from '../../store/index.js';

import type { ActivityMetrics, Apply, CatalogueService, DemoService, LiveUsers } from '../users/index.js';
import type { EventOutcome, EventPort, NewEvent } from '../index.js';
import type { ShownLists } from './shown-lists.js';

interface EventServiceOptions {
  readonly store: Store;
  readonly catalogue: CatalogueService;
  readonly users: LiveUsers;
  readonly demo: DemoService;
  readonly metrics: ActivityMetrics;
  readonly shown: ShownLists;
  readonly bus: EventPublisher;
  readonly clock: () => number;
}

export class EventService implements EventPort {
  constructor(private readonly options: EventServiceOptions) {}

  async record(rows: readonly NewEvent[]): Promise<EventOutcome[]> {
    const { store, catalogue, users: live, shown, clock } = this.options;
    const receivedAt = clock();
    const problems = rows.map((row) => problemOf(row, receivedAt));
    const good = rows.filter(
      (row, index): row is OwnedEvent => problems[index] === null && row.userId !== null,
    );
    const positions = await shown.positionsOf(good);
    const events = good.map((row, place) => toEvent(row, receivedAt, positions[place]));

    const users = groupBy(events, ({ userId }) => userId);
    await this.options.demo.meet([...users.keys()]);
    const recorded = await live.change([...users.keys()], async (apply) => {
      const added = await store.activity.append(events);
      const unknown = added.filter((event) => event.itemId !== null && !catalogue.has(event.itemId)).length;
      if (unknown > 0) await store.dataset.addUnknownItemEvents(unknown);
      await this.learn(users, added, { receivedAt, apply });
      return added;
    });

    const fresh = new Set(recorded.map((event) => event.id));
    const waiting = events.values();
    return problems.map((reason, index): EventOutcome => {
      if (reason !== null) return { index, status: 'rejected', reason, isUnknownItem: false };
      const { id, itemId } = waiting.next().value!;
      const isUnknownItem = itemId !== null && !catalogue.has(itemId);
      // The first row with an id was recorded; a repeat within the request is a duplicate too.
      return { index, status: fresh.delete(id) ? 'recorded' : 'duplicate', reason: null, isUnknownItem };
    });
  }

  /** Updates the profiles. `users`: all events sent; `added`: the events that are new in the record. */
  private async learn(
    users: ReadonlyMap<string, readonly BehaviourEvent[]>,
    added: readonly BehaviourEvent[],
    { receivedAt, apply }: { receivedAt: number; apply: Apply },
  ): Promise<void> {
    const { metrics, bus } = this.options;
    const groups = groupBy(added, ({ userId }) => userId);
    for (const [userId, sent] of users) {
      const own = groups.get(userId) ?? [];
      const { behaviour } = (await this.options.users.get(userId)).profile;
      // An event that is already in the record may be missing in the profile if the first request failed after writing
      // it.
      const isRepeat = own.length < new Set(sent.map(({ id }) => id)).size;
      const hasMoved = await apply(userId, own, { isRepeat });
      if (own.length > 0) metrics.addEvents(userId, own, behaviour.session);
      if (hasMoved || own.length > 0)
        bus.publish('recommendations.updated', { userId, cause: 'EVENTS', receivedAt });
    }
  }

  history(userId: string): Promise<BehaviourEvent[]> {
    return this.options.store.activity.findByUser(userId);
  }
}

type OwnedEvent = NewEvent & { readonly userId: string };

/** Describes the problem of a row for its sender; null for a valid row. */
function problemOf(row: NewEvent, now: number): string | null {
  if (row.userId === null) return 'A userId is required: this token does not belong to a user.';
  if (row.type !== 'search' && (row.itemId === null || row.itemId === ''))
    return `A ${row.type} needs an itemId.`;
  if (row.itemId?.isWellFormed() === false) return '"itemId" holds half a character (an emoji cut in two).';
  for (const name of ['itemId', 'sessionId', 'listId', 'device', 'locale'] as const) {
    if ((row[name]?.length ?? 0) > MAX_ID_CHARACTERS)
      return `"${name}" is longer than ${MAX_ID_CHARACTERS} characters.`;
  }
  if (row.value !== null && !(row.value >= 0 && row.value <= MAX_EVENT_VALUE))
    return `"value" is not from 0 to ${MAX_EVENT_VALUE}.`;
  if (row.position !== null && !(row.position >= 0 && row.position <= MAX_EVENT_POSITION))
    return `"position" is not from 0 to ${MAX_EVENT_POSITION}.`;
  if (row.at === null) return null;
  if (row.at < 0) return 'The time is before 1970.';
  return row.at > now + MAX_CLOCK_SKEW_MS ? 'The time is more than a day in the future.' : null;
}

function toEvent(row: OwnedEvent, now: number, position: number | null): BehaviourEvent {
  const event = {
    userId: row.userId,
    type: row.type,
    itemId: row.type === 'search' ? null : row.itemId,
    at: row.at ?? now,
    value: row.value,
    sessionId: row.sessionId === null ? null : sessionKey(row.userId, row.sessionId),
    position,
    listId: row.listId,
    device: row.device,
    locale: row.locale,
  };
  return { id: eventId(event), ...event };
}
