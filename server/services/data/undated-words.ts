/**
 * Stage 2 for events of unknown time, as in a full nightly dump that states the current value for each user and item.
 *
 * Without times, a repeated statement cannot be distinguished from a change back to an earlier value, except by the
 * order of statements: a dump whose statements on an item are the last stored statements adds nothing, and any other
 * dump is appended to the stored statements. So importing the same file again changes nothing, and a third statement
 * after a different second is recorded. (A file with contradicting rows on an item in different batches is written in
 * two parts, and importing it again repeats both.)
 */

import type { BehaviourEvent } from '../../domain/index.js';
import { KNOWN_TIME_FROM } from '../../domain/index.js';
import { eventId, repeatedEventId } from '../../ingest/index.js';

interface FollowingWords {
  /** Events to append to the stored events. */
  readonly events: BehaviourEvent[];
  /** Rows that repeat the previous row on the same item. */
  readonly nEqual: number;
  /** Rows with statements that are already stored. */
  readonly nStored: number;
}

/** Compares a user's new events of unknown time, in file order, with the stored events, in order of time. */
export function followingWords(
  events: readonly BehaviourEvent[],
  stored: readonly BehaviourEvent[],
): FollowingWords {
  const said = new Map<string | null, string[]>();
  let lastAt = -1;
  for (const event of stored) {
    const words = said.get(event.itemId);
    if (words === undefined) said.set(event.itemId, [eventId(event)]);
    else words.push(eventId(event));
    lastAt = Math.max(lastAt, event.at);
  }
  const groups = new Map<string | null, BehaviourEvent[]>();
  let nEqual = 0;
  for (const event of events) {
    const group = groups.get(event.itemId);
    if (group === undefined) groups.set(event.itemId, [event]);
    else if (group[group.length - 1].id === event.id) nEqual += 1;
    else group.push(event);
  }
  const added: BehaviourEvent[] = [];
  for (const [itemId, group] of groups) {
    const before = said.get(itemId) ?? [];
    const isSaid =
      group.length <= before.length &&
      group.every((event, i) => event.id === before[before.length - group.length + i]);
    if (isSaid) continue;
    const words = [...before];
    for (const event of group) {
      if (words[words.length - 1] === event.id) continue;
      const nBefore = words.filter((word) => word === event.id).length;
      added.push(nBefore === 0 ? event : { ...event, id: repeatedEventId(event.id, nBefore) });
      words.push(event.id);
    }
  }
  const inOrder = added.sort((left, right) => left.at - right.at);
  return {
    events: inOrder.map((event) => {
      lastAt = Math.min(Math.max(event.at, lastAt + 1), KNOWN_TIME_FROM - 1);
      return event.at === lastAt ? event : { ...event, at: lastAt };
    }),
    nEqual,
    nStored: events.length - nEqual - added.length,
  };
}
