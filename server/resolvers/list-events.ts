/**
 * What moves a list that is open in a window. A change of the catalogue moves few lists: the subscription looks at its
 * own list again, and stays silent if neither the items nor what they are has changed.
 */

import type { EventEnvelope, RecommendationList } from '../domain/index.js';
import type { CataloguePort } from '../services/index.js';
import { Turns } from '../services/users/index.js';

export type ListEvent = EventEnvelope<
  'recommendations.updated' | 'model.activated' | 'catalogue.changed' | 'user.erased'
>;

/** The list as a window may show it. */
interface Look {
  readonly list: RecommendationList;
  /** Of the catalogue. */
  readonly generation: number;
}

export interface ListEventsOptions {
  readonly catalogue: Pick<CataloguePort, 'generation' | 'hasChangedSince'>;
  /** The list as a query gives it now. */
  readonly list: () => Promise<RecommendationList>;
  /** Whether each list differs from the one before by itself, as where LISTED is excluded. */
  readonly isFickle: boolean;
}

/** The windows of a whole site look at their lists one by one, so that what users do meanwhile comes in between. */
const turns = new Turns();

export class ListEvents implements AsyncIterableIterator<ListEvent> {
  private known: Look | null = null;
  private pushed: RecommendationList | null = null;
  private hasBegun = false;

  constructor(
    private readonly events: AsyncIterableIterator<ListEvent>,
    private readonly options: ListEventsOptions,
  ) {}

  async next(): Promise<IteratorResult<ListEvent, undefined>> {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.known = await this.look();
    }
    for (;;) {
      const result = await this.events.next();
      if (result.done === true) return { done: true, value: undefined };
      if (result.value.name === 'user.erased') return result;
      const isOfCatalogue = result.value.name === 'catalogue.changed';
      if (isOfCatalogue) await turns.take('catalogue');
      const before = this.known;
      this.known = await this.look();
      if (isOfCatalogue && !this.hasMoved(before)) continue;
      // Two causes in quick succession: the push of the first has told of both.
      if (this.known !== null && this.known.list === this.pushed) continue;
      this.pushed = this.known?.list ?? null;
      return result;
    }
  }

  async return(): Promise<IteratorResult<ListEvent, undefined>> {
    await this.events.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Null where there is no list: the push, or the lack of one, then says why. */
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
