/**
 * Stage 3, first half: adds a user's events up into a profile.
 *
 * Pure and incremental: a profile is a function of the user's events in ascending (time, id) order, and splitting them
 * into batches at any point gives the same profile. `canApply` checks whether a batch continues that order; if not (a
 * late event), use `rebuildProfile` on the record.
 */

import { addCount, copyCounts, emptyCounts, isTimeKnown, DAY_MS, HOUR_MS, byTime } from '../domain/index.js';
import type {
  BehaviourEvent,
  BehaviourSums,
  Interaction,
  Opinion,
  Profile,
  RecordedEventType,
} from '../domain/index.js';

import { SESSION_BUCKETS, sessionBucket } from './session-histogram.js';

/**
 * Strength of interest in an item per event type, in units of a view. An impression has none: the user may not have
 * looked. A click is a deliberate view; a cart and a purchase cost effort and money; a like is an explicit statement. A
 * rating in the middle counts as a view. Dislikes and retracts are opinions without strength.
 */
export const EVENT_WEIGHTS: Readonly<Record<RecordedEventType, number>> = {
  impression: 0,
  view: 1,
  click: 1.5,
  search: 0,
  cart: 3,
  purchase: 5,
  like: 6,
  dislike: 0,
  retract: 0,
  rating: 1,
};

/** A longer pause ends a session without an id. */
const SESSION_GAP_MS = 30 * 60_000;

export type OpenSession = NonNullable<BehaviourSums['session']>;

/** Item data needed by aggregation. */
export interface Catalogue {
  /** Null for an unknown item, or an item without a category. */
  categoryOf(itemId: string): string | null;
}

export function emptyProfile(userId: string): Profile {
  const behaviour: BehaviourSums = {
    events: 0,
    impressions: 0,
    views: 0,
    clicks: 0,
    searches: 0,
    carts: 0,
    purchases: 0,
    likes: 0,
    dislikes: 0,
    retracts: 0,
    purchaseValue: 0,
    dwellSum: 0,
    dwellCount: 0,
    sessions: 0,
    bounces: 0,
    sessionSeconds: 0,
    sessionHistogram: new Array<number>(SESSION_BUCKETS).fill(0),
    hours: new Array<number>(24).fill(0),
    weekendEvents: 0,
    categories: emptyCounts(),
    repeatViews: 0,
    devices: emptyCounts(),
    locales: emptyCounts(),
    firstAt: 0,
    lastAt: 0,
    session: null,
  };
  return { userId, interactions: [], behaviour, eventCount: 0, revision: 0, updatedAt: 0 };
}

/** True if no event is earlier than the profile's last event, so that `applyEvents` is exact. */
export function canApply(profile: Profile, events: readonly BehaviourEvent[]): boolean {
  return events.every((event) => event.at >= profile.behaviour.lastAt);
}

/**
 * The profile with these events added, in ascending (time, id) order regardless of input order. The input is unchanged.
 */
export function applyEvents(
  profile: Profile,
  events: readonly BehaviourEvent[],
  catalogue: Catalogue,
): Profile {
  if (events.length === 0) return profile;
  const sums = copySums(profile.behaviour);
  const rows = profile.interactions.slice();
  const rowOf = new Map<string, number>();
  for (let row = 0; row < rows.length; row++) rowOf.set(rows[row].itemId, row);

  for (const event of inOrder(events)) {
    countEvent(sums, event);
    if (isTimeKnown(event.at)) countTime(sums, event);
    if (event.itemId === null || event.type === 'impression' || event.type === 'search') continue;
    const row = rowOf.get(event.itemId);
    countItem(sums, event, event.itemId, row !== undefined, catalogue);
    if (row === undefined)
      rowOf.set(event.itemId, rows.push(advance(newInteraction(event.itemId), event)) - 1);
    else rows[row] = advance(rows[row], event);
  }
  return {
    userId: profile.userId,
    interactions: rows,
    behaviour: sums,
    eventCount: profile.eventCount + events.length,
    revision: profile.revision + events.length,
    updatedAt: sums.lastAt,
  };
}

/** The profile of all events of a user, in any order. */
export function rebuildProfile(
  userId: string,
  events: readonly BehaviourEvent[],
  catalogue: Catalogue,
): Profile {
  return applyEvents(emptyProfile(userId), events, catalogue);
}

/** False for a row without information: its only thumb was retracted. */
export function isInformative(interaction: Interaction): boolean {
  return interaction.strength > 0 || interaction.opinion !== 0;
}

/** True if the profile has no information: no events, or only retracted thumbs. */
function isBlank({ behaviour, interactions }: Profile): boolean {
  const { events, likes, dislikes, retracts } = behaviour;
  return events === likes + dislikes + retracts && !interactions.some(isInformative);
}

/** Number of the user's signals: events other than impressions, minus retracted thumbs and their retracts. */
export function signalCount(profile: Profile): number {
  const { events, impressions, retracts } = profile.behaviour;
  return isBlank(profile) ? 0 : Math.max(0, events - impressions - 2 * retracts);
}

/** Skips sorting in the usual case, a sorted batch. */
function inOrder(events: readonly BehaviourEvent[]): readonly BehaviourEvent[] {
  for (let i = 1; i < events.length; i++) {
    if (byTime(events[i - 1], events[i]) > 0) return events.slice().sort(byTime);
  }
  return events;
}

function copySums(sums: Readonly<BehaviourSums>): BehaviourSums {
  return {
    ...sums,
    sessionHistogram: sums.sessionHistogram.slice(),
    hours: sums.hours.slice(),
    categories: copyCounts(sums.categories),
    devices: copyCounts(sums.devices),
    locales: copyCounts(sums.locales),
    session: sums.session === null ? null : { ...sums.session },
  };
}

function newInteraction(itemId: string): Interaction {
  return { itemId, strength: 0, opinion: 0, isPurchased: false, isRated: false, at: 0, actedAt: 0 };
}

function advance(before: Interaction, event: BehaviourEvent): Interaction {
  const opinion = opinionAfter(before.opinion, event.type);
  const stated = (opinion === 1 ? EVENT_WEIGHTS.like : 0) - (before.opinion === 1 ? EVENT_WEIGHTS.like : 0);
  const acted = event.type === 'like' ? 0 : EVENT_WEIGHTS[event.type];
  const actedAt = isThumb(event.type) ? before.actedAt : event.at;
  return {
    itemId: before.itemId,
    strength: before.strength + stated + acted,
    opinion,
    isPurchased: before.isPurchased || event.type === 'purchase',
    isRated: before.isRated || event.type === 'rating',
    at: event.at,
    actedAt,
  };
}

function isThumb(type: RecordedEventType): boolean {
  return type === 'like' || type === 'dislike' || type === 'retract';
}

function opinionAfter(before: Opinion, type: RecordedEventType): Opinion {
  if (type === 'like') return 1;
  if (type === 'dislike') return -1;
  return type === 'retract' ? 0 : before;
}

function countEvent(sums: BehaviourSums, event: BehaviourEvent): void {
  sums.events += 1;
  if (event.at > sums.lastAt) sums.lastAt = event.at;
  if (event.device !== null) addCount(sums.devices, event.device);
  if (event.locale !== null) addCount(sums.locales, event.locale);
  switch (event.type) {
    case 'impression':
      sums.impressions += 1;
      break;
    case 'view':
      sums.views += 1;
      countDwell(sums, event.value);
      break;
    case 'rating':
      // The value is a rating, not a dwell time.
      sums.views += 1;
      break;
    case 'click':
      sums.clicks += 1;
      countDwell(sums, event.value);
      break;
    case 'search':
      sums.searches += 1;
      break;
    case 'cart':
      sums.carts += 1;
      break;
    case 'purchase':
      sums.purchases += 1;
      sums.purchaseValue += event.value ?? 0;
      break;
    case 'like':
      sums.likes += 1;
      break;
    case 'dislike':
      sums.dislikes += 1;
      break;
    case 'retract':
      sums.retracts += 1;
  }
}

function countDwell(sums: BehaviourSums, seconds: number | null): void {
  if (seconds === null) return;
  sums.dwellSum += seconds;
  sums.dwellCount += 1;
}

function countItem(
  sums: BehaviourSums,
  event: BehaviourEvent,
  itemId: string,
  isMetBefore: boolean,
  catalogue: Catalogue,
): void {
  if (event.type === 'retract') return;
  if (isMetBefore && (event.type === 'view' || event.type === 'click')) sums.repeatViews += 1;
  const category = catalogue.categoryOf(itemId);
  if (category !== null) addCount(sums.categories, category);
}

/** 1 January 1970 was a Thursday; Saturday and Sunday are days 2 and 3 after it. */
function isWeekend(at: number): boolean {
  const day = Math.floor(at / DAY_MS) % 7;
  return day === 2 || day === 3;
}

function countTime(sums: BehaviourSums, event: BehaviourEvent): void {
  if (sums.firstAt === 0) sums.firstAt = event.at;
  sums.hours[Math.floor(event.at / HOUR_MS) % 24] += 1;
  if (isWeekend(event.at)) sums.weekendEvents += 1;
  countSession(sums, event);
}

/**
 * A session is a run of events with the same session id. Events without an id (thumbs given over the API, imports)
 * belong to the open session while pauses stay within the gap; an id that occurs in a session without an id becomes its
 * id.
 */
function countSession(sums: BehaviourSums, event: BehaviourEvent): void {
  const open = sums.session;
  sums.session = sessionWith(open, event);
  if (open !== null && open !== sums.session) {
    const seconds = (open.lastAt - open.startAt) / 1000;
    sums.sessions += 1;
    if (open.events === 1) sums.bounces += 1;
    sums.sessionSeconds += seconds;
    sums.sessionHistogram[sessionBucket(seconds)] += 1;
  }
}

/** The session of this event: `open`, extended, or a new session that begins with it. */
export function sessionWith(open: OpenSession | null, event: BehaviourEvent): OpenSession {
  if (open !== null) {
    const isWithinGap = event.at - open.lastAt <= SESSION_GAP_MS;
    const isSame = event.sessionId !== null && open.id !== null ? event.sessionId === open.id : isWithinGap;
    if (isSame) {
      open.id ??= event.sessionId;
      open.lastAt = Math.max(open.lastAt, event.at);
      open.events += 1;
      return open;
    }
  }
  return { id: event.sessionId, startAt: event.at, lastAt: event.at, events: 1 };
}
