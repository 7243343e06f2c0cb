/**
 * Stage 3, for the dashboards: adds events up into buckets of counters.
 *
 * Events are counted in the finest grain still stored, and spread over the coarser grains by `take`, so that an event
 * updates a single bucket. Events of unknown time belong to no bucket and are left out.
 */

import { GRAIN_MS, KEPT_MS, OWN_LIST_PREFIX, addCount, emptyCounts, isTimeKnown } from '../domain/index.js';
import type {
  BehaviourEvent,
  Counts,
  DimensionCounter,
  MetricBucket,
  MetricCounter,
  MetricGrain,
  RecordedEventType,
} from '../domain/index.js';

import type { Catalogue, OpenSession } from './profile.js';
import { sessionWith } from './profile.js';

/** Max dwell time counted: a longer stay is an abandoned tab. Also bounds the effect of a single event. */
export const MAX_DWELL_SECONDS = 1_800;
/** Positions from here on share a counter. */
export const MAX_POSITION = 50;

type CounterName = MetricCounter | DimensionCounter;

interface Cell {
  readonly grain: MetricGrain;
  readonly at: number;
  readonly persona: string;
  readonly counters: Counts;
  readonly served: Counts;
}

const COUNTER_OF: Readonly<Record<RecordedEventType, MetricCounter>> = {
  impression: 'impressions',
  view: 'views',
  click: 'clicks',
  search: 'searches',
  cart: 'carts',
  purchase: 'purchases',
  like: 'likes',
  dislike: 'dislikes',
  retract: 'retracts',
  rating: 'views',
};

const ACTS: readonly MetricCounter[] = [
  'views',
  'clicks',
  'searches',
  'carts',
  'purchases',
  'likes',
  'dislikes',
  'retracts',
];

/** Built in advance: a bulk load counts a million times. */
const POSITIONS = {
  impressions: Array.from({ length: MAX_POSITION + 1 }, (_, position) => `impressions@${position}` as const),
  clicks: Array.from({ length: MAX_POSITION + 1 }, (_, position) => `clicks@${position}` as const),
};
const HOURS = Array.from({ length: 24 }, (_, hour) => `hour@${hour}` as const);

/** Number of user acts in these counters: all events except impressions. */
export function actsIn(counters: Readonly<Counts>): number {
  return ACTS.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
}

/** The counter of a position. */
export function atPosition(of: 'impressions' | 'clicks', position: number): DimensionCounter {
  return POSITIONS[of][Math.min(position, MAX_POSITION)];
}

interface UserEvents {
  readonly persona: string;
  /** New events of a user, in ascending time. */
  readonly events: readonly BehaviourEvent[];
  /** The session open before these events. */
  readonly session: OpenSession | null;
  /** Ids of repeated clicks on an item in the same list: an item counts once per list. */
  readonly repeats: ReadonlySet<string>;
}

/** Finds repeated clicks among events. `isNew` is called once per click in a list and may remember earlier calls. */
export function repeatedClicks(
  events: readonly BehaviourEvent[],
  isNew: (listAndItem: string) => boolean = onceEach(),
): Set<string> {
  const repeats = new Set<string>();
  for (const { id, type, listId, itemId } of events) {
    if (type === 'click' && listId !== null && !isNew(`${listId}/${itemId}`)) repeats.add(id);
  }
  return repeats;
}

function onceEach(): (key: string) => boolean {
  const seen = new Set<string>();
  return (key) => !seen.has(key) && seen.add(key).has(key);
}

/** True for events on a list of this system; its impressions are counted when it is served. */
export function isOfOwnList({ listId }: Pick<BehaviourEvent, 'listId'>): boolean {
  return listId?.startsWith(OWN_LIST_PREFIX) === true;
}

export class MetricTally {
  private readonly cells = new Map<string, Cell>();
  /** Cell of the last event, since consecutive events mostly share a cell. */
  private last: Cell | null = null;
  private readonly categories = new Map<string, DimensionCounter>();

  /** `now`, ms since the epoch: events older than a grain's retention are counted in the next coarser grain. */
  constructor(
    private readonly catalogue: Catalogue,
    private readonly now: number,
  ) {}

  get isEmpty(): boolean {
    return this.cells.size === 0;
  }

  /** Counts user events. */
  addEvents({ persona, events, session, repeats }: UserEvents): void {
    let open = session === null ? null : { ...session };
    for (const event of events) {
      if (!isTimeKnown(event.at)) continue;
      const next = sessionWith(open, event);
      const { counters, grain } = this.cellAt(event.at, persona);
      if (next !== open) add(counters, 'sessions', 1);
      open = next;
      this.count(counters, event, repeats.has(event.id));
      if (grain === 'day' && event.type !== 'impression') add(counters, HOURS[hourOf(event.at)], 1);
    }
  }

  /** Counts a shown list of `length` items. */
  addShown(persona: string, at: number, length: number): void {
    const { served } = this.cellAt(at, persona);
    add(served, 'impressions', length);
    add(served, 'placedImpressions', length);
    for (let position = 0; position < length; position++) add(served, atPosition('impressions', position), 1);
  }

  /** Counts an evaluated prediction: `percentile` is the share of other items ranked on the wrong side. */
  addJudged(
    persona: string,
    at: number,
    { modelVersion, isHit, percentile }: { modelVersion: number; isHit: boolean; percentile: number },
  ): void {
    const { served } = this.cellAt(at, persona);
    add(served, `${isHit ? 'hits' : 'misses'}@${modelVersion}`, 1);
    add(served, `percentiles@${modelVersion}`, percentile);
  }

  /** Returns the counts since the last call, in every grain. */
  take(): MetricBucket[] {
    const buckets: MetricBucket[] = [];
    for (const cell of this.cells.values()) {
      const { grain, at, persona, counters, served } = cell;
      buckets.push(cell);
      if (grain === 'minute') buckets.push({ ...cell, grain: 'hour', at: startOf('hour', at) });
      if (grain === 'day') continue;
      const acts = actsIn(counters);
      buckets.push({
        ...{ grain: 'day', at: startOf('day', at), persona, served },
        counters: acts === 0 ? counters : { ...counters, [HOURS[hourOf(at)]]: acts },
      });
    }
    this.cells.clear();
    this.last = null;
    return buckets;
  }

  private cellAt(at: number, persona: string): Cell {
    const age = this.now - at;
    const grain = age <= KEPT_MS.minute ? 'minute' : age <= KEPT_MS.hour ? 'hour' : 'day';
    const start = startOf(grain, at);
    const { last } = this;
    if (last !== null && last.at === start && last.grain === grain && last.persona === persona) return last;
    const key = `${grain}/${start}/${persona}`;
    let cell = this.cells.get(key);
    if (cell === undefined) {
      cell = { grain, at: start, persona, counters: emptyCounts(), served: emptyCounts() };
      this.cells.set(key, cell);
    }
    this.last = cell;
    return cell;
  }

  private count(counters: Counts, event: BehaviourEvent, isRepeat: boolean): void {
    const { type, itemId, listId, position, value } = event;
    const isPlaced = listId !== null || position !== null;
    if (type === 'impression') {
      if (isOfOwnList(event)) return;
      if (isPlaced) add(counters, 'placedImpressions', 1);
      if (position !== null) add(counters, atPosition('impressions', position), 1);
    } else if (type === 'click' && isPlaced) {
      add(counters, isRepeat ? 'repeatedClicks' : 'placedClicks', 1);
      if (!isRepeat && position !== null) add(counters, atPosition('clicks', position), 1);
    }
    add(counters, COUNTER_OF[type], 1);
    if ((type === 'view' || type === 'click') && value !== null) {
      add(counters, 'dwells', 1);
      add(counters, 'dwellSeconds', Math.min(MAX_DWELL_SECONDS, Math.max(0, Math.round(value))));
    }
    if (itemId === null || type === 'impression' || type === 'retract') return;
    const category = this.catalogue.categoryOf(itemId);
    if (category !== null && category !== '') add(counters, this.counterOf(category), 1);
  }

  private counterOf(category: string): DimensionCounter {
    let name = this.categories.get(category);
    if (name === undefined) this.categories.set(category, (name = `category@${category}`));
    return name;
  }
}

function hourOf(at: number): number {
  return Math.floor(at / GRAIN_MS.hour) % 24;
}

function startOf(grain: MetricGrain, at: number): number {
  return at - (at % GRAIN_MS[grain]);
}

function add(sums: Counts, name: CounterName, by: number): void {
  addCount(sums, name, by);
}
