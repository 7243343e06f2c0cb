/**
 * How the record is cut into buckets, whichever database keeps them: one bucket per user and ISO week, continued in
 * a next part after 500 events. Events that arrive as a user's whole past are packed instead: parts of 500 events
 * that may span weeks, filed under the week of their first event. A bulk load then writes one document per user, not
 * one per user and week, which is eight times faster for eight weeks of history.
 */

import type { BehaviourEvent } from '../domain/index.js';
import { DAY_MS, byTime } from '../domain/index.js';
import type { ActivityBucket } from './repositories.js';

export const MAX_BUCKET_EVENTS = 500;

/** 1970-01-01 was a Thursday, three days after a Monday; a week belongs to the year of its Thursday. */
const EPOCH_WEEKDAY = 3;

/** The ISO 8601 week of an instant in UTC, e.g. "2026-W07"; they sort by time as text. */
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

/** The instants between which the ISO weeks of these two lie, the second one not included. */
export function weeksSpan(firstAt: number, lastAt: number): [number, number] {
  return [mondayOf(firstAt) * DAY_MS, (mondayOf(lastAt) + 7) * DAY_MS];
}

/** Packs the whole past of one user. */
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

/** An event id is unique for its user. */
export function eventKey({ userId, id }: BehaviourEvent): string {
  return `${userId}/${id}`;
}

/** The first of each user and id, in the order given. */
export function withoutRepeats(events: readonly BehaviourEvent[]): BehaviourEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => !seen.has(eventKey(event)) && seen.add(eventKey(event)));
}
