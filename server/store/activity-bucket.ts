/**
 * Splits the activity record into buckets, for every store implementation.
 *
 * Live events go to a bucket per user and ISO week, continued in a next part after 500 events. A user's complete
 * history is packed instead: parts of 500 events that may span weeks, filed under the week of their first event. A bulk
 * load then writes about one document per user, which is eight times faster for eight weeks of history.
 */

import type { BehaviourEvent } from '../domain/index.js';
import { DAY_MS, byTime } from '../domain/index.js';
import type { ActivityBucket } from './repositories.js';

export const MAX_BUCKET_EVENTS = 500;

/** 1970-01-01 was a Thursday, three days after a Monday; a week belongs to the year of its Thursday. */
const EPOCH_WEEKDAY = 3;

/** ISO 8601 week of an instant in UTC, e.g. "2026-W07". Weeks sort by time as text. */
export function isoWeek(at: number): string {
  const thursday = mondayOf(at) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The Monday on or before an instant, in days since 1970-01-01. */
function mondayOf(at: number): number {
  const day = Math.floor(at / DAY_MS);
  return day - ((((day + EPOCH_WEEKDAY) % 7) + 7) % 7);
}

/** Start of the first instant's ISO week and end (exclusive) of the last instant's, in milliseconds. */
export function weeksSpan(firstAt: number, lastAt: number): [number, number] {
  return [mondayOf(firstAt) * DAY_MS, (mondayOf(lastAt) + 7) * DAY_MS];
}

/** Packs the complete history of a user. */
export function packHistory(userId: string, events: readonly BehaviourEvent[]): ActivityBucket[] {
  const sorted = [...events].sort(byTime);
  const parts = new Map<string, number>();
  const buckets: ActivityBucket[] = [];
  for (let start = 0; start < sorted.length; start += MAX_BUCKET_EVENTS) {
    const week = isoWeek(sorted[start].at);
    const part = parts.get(week) ?? 0;
    parts.set(week, part + 1);
    buckets.push({ userId, week, part, events: sorted.slice(start, start + MAX_BUCKET_EVENTS) });
  }
  return buckets;
}

/** Key of an event. Event ids are unique per user, not globally. */
export function eventKey({ userId, id }: BehaviourEvent): string {
  return `${userId}/${id}`;
}

/** Drops events with a repeated user and id; keeps the first, in the given order. */
export function withoutRepeats(events: readonly BehaviourEvent[]): BehaviourEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => !seen.has(eventKey(event)) && seen.add(eventKey(event)));
}
