/** Stages 1 to 3 for events that come over the API: check each row, record, move the users forward, tell who listens. */

import type { BehaviourEvent, EventPublisher } from '../domain/index.js';
import { MAX_CLOCK_SKEW_MS } from '../domain/index.js';
import { eventId, sessionKey } from '../ingest/index.js';
import type { Store } from '../store/index.js';

import type { ItemCatalogue } from './catalogue.service.js';
import type { MetricRecorder } from './metric-recorder.js';
import type { ProfileService } from './profile.service.js';
import type { EventOutcome, EventService, NewEvent } from './services.js';
import type { ShownLists } from './shown-lists.js';

export interface EventServiceOptions {
  readonly store: Store;
  readonly catalogue: ItemCatalogue;
  readonly profiles: ProfileService;
  readonly metrics: MetricRecorder;
  readonly shown: ShownLists;
  readonly bus: EventPublisher;
  readonly clock: () => number;
}

export class EventRecorder implements EventService {
  constructor(private readonly options: EventServiceOptions) {}

  async record(rows: readonly NewEvent[]): Promise<EventOutcome[]> {
    const { store, catalogue, profiles, metrics, shown, bus, clock } = this.options;
    const receivedAt = clock();
    const problems = rows.map((row) => problemOf(row, receivedAt));
    const positions = await shown.positionsOf(rows);
    const events = rows.map((row, index) =>
      problems[index] === null ? toEvent(row, receivedAt, positions[index]) : null,
    );

    const recorded = await store.activity.append(events.filter((event) => event !== null));
    const unknown = recorded.filter((event) => event.itemId !== null && !catalogue.has(event.itemId)).length;
    if (unknown > 0) await store.dataset.addUnknownItemEvents(unknown);
    for (const [userId, own] of groupByUser(recorded)) {
      const { behaviour } = await profiles.get(userId);
      await profiles.apply(userId, own);
      metrics.addEvents(userId, own, behaviour.session);
      bus.publish('recommendations.updated', { userId, cause: 'EVENTS', receivedAt });
    }

    const fresh = new Set(recorded.map((event) => event.id));
    return events.map((event, index): EventOutcome => {
      if (event === null) return { index, status: 'rejected', reason: problems[index] };
      // The first row with an id is the one that was recorded; a repeat within the request is a duplicate too.
      const isRecorded = fresh.delete(event.id);
      return { index, status: isRecorded ? 'recorded' : 'duplicate', reason: null };
    });
  }

  history(userId: string): Promise<BehaviourEvent[]> {
    return this.options.store.activity.findByUser(userId);
  }
}

/** What is wrong with a row, in words for its sender; null when nothing is. */
function problemOf(row: NewEvent, now: number): string | null {
  if (row.type !== 'search' && (row.itemId === null || row.itemId === ''))
    return `A ${row.type} needs an itemId.`;
  if (row.at === null) return null;
  if (row.at < 0) return 'The time is before 1970.';
  return row.at > now + MAX_CLOCK_SKEW_MS ? 'The time is more than a day in the future.' : null;
}

function toEvent(row: NewEvent, now: number, position: number | null): BehaviourEvent {
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

function groupByUser(events: readonly BehaviourEvent[]): Map<string, BehaviourEvent[]> {
  const groups = new Map<string, BehaviourEvent[]>();
  for (const event of events) {
    const group = groups.get(event.userId);
    if (group === undefined) groups.set(event.userId, [event]);
    else group.push(event);
  }
  return groups;
}
