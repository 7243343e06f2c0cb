/**
 * Events that change an open list. Few changes of the catalogue affect a given list: the subscription ranks its list
 * again, and skips the event if neither the items nor their data have changed.
 */

import type { EventEnvelope, RecommendationList } from '../domain/index.js';
import type { CataloguePort } from '../services/index.js';
import { Turns } from '../services/users/index.js';

export type ListEvent = EventEnvelope<
  'recommendations.updated' | 'model.activated' | 'catalogue.changed' | 'user.erased'
>;

/** What a subscription pushes. */
export interface ListChange {
  readonly event: ListEvent;
  /** The list as of the event; null if it could not be ranked. */
  readonly list: RecommendationList | null;
}

/** The list as a subscriber sees it. */
interface Look {
  readonly list: RecommendationList;
  /** Generation of the catalogue. */
  readonly generation: number;
}

interface ListEventsOptions {
  readonly catalogue: Pick<CataloguePort, 'generation' | 'hasChangedSince'>;
  /** The list as a query returns it now. */
  readonly list: () => Promise<RecommendationList>;
  /** Whether every list differs from the list before, as with the exclusion LISTED. */
  readonly isFickle: boolean;
}

/** One change for all subscriptions to which an event means the same list: its result is computed once. */
const changes = new WeakMap<ListEvent, Map<RecommendationList | null, ListChange>>();

/** Open lists are ranked in turn, so that requests can run in between. */
const turns = new Turns();

export class ListEvents implements AsyncIterableIterator<ListChange> {
  private known: Look | null = null;
  private pushed: RecommendationList | null = null;
  private hasBegun = false;

  constructor(
    private readonly events: AsyncIterableIterator<ListEvent>,
    private readonly options: ListEventsOptions,
  ) {}

  async next(): Promise<IteratorResult<ListChange, undefined>> {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.known = await this.look();
    }
    for (;;) {
      const result = await this.events.next();
      if (result.done === true) return { done: true, value: undefined };
      const event = result.value;
      if (event.name === 'user.erased') return { done: false, value: changeOf(event, null) };
      const isOfCatalogue = event.name === 'catalogue.changed';
      if (isOfCatalogue) await turns.take('catalogue');
      const before = this.known;
      this.known = await this.look();
      if (isOfCatalogue && !this.hasMoved(before)) continue;
      // Two causes in quick succession: the push of the first already covered both.
      if (this.known !== null && this.pushed !== null && isSame(this.known.list, this.pushed)) continue;
      this.pushed = this.known?.list ?? null;
      return { done: false, value: changeOf(event, this.pushed) };
    }
  }

  async return(): Promise<IteratorResult<ListChange, undefined>> {
    await this.events.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Null if there is no list: the push, or its absence, then gives the reason. */
  private async look(): Promise<Look | null> {
    const { catalogue, list } = this.options;
    const { generation } = catalogue;
    try {
      return { list: await list(), generation };
    } catch {
      return null;
    }
  }

  private hasMoved(before: Look | null): boolean {
    const { catalogue, isFickle } = this.options;
    if (before === null || this.known === null) return true;
    const [then, now] = [before.list, this.known.list];
    if (then.items.some(({ itemId }) => catalogue.hasChangedSince(itemId, before.generation))) return true;
    return (
      !isFickle &&
      now.items.map(({ itemId }) => itemId).join('\n') !== then.items.map(({ itemId }) => itemId).join('\n')
    );
  }
}

function changeOf(event: ListEvent, list: RecommendationList | null): ListChange {
  const ofEvent = changes.get(event) ?? new Map<RecommendationList | null, ListChange>();
  changes.set(event, ofEvent);
  const change = ofEvent.get(list) ?? { event, list };
  ofEvent.set(list, change);
  return change;
}

/** Whether two lists show the same. A user that was read again from the database has another list with the same content. */
function isSame(one: RecommendationList, other: RecommendationList): boolean {
  if (one === other) return true;
  const { items } = other;
  return (
    one.revision === other.revision &&
    one.personaId === other.personaId &&
    one.facet === other.facet &&
    one.items.length === items.length &&
    one.items.every(({ itemId, score }, n) => itemId === items[n].itemId && score === items[n].score)
  );
}
