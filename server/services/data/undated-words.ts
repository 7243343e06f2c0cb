/**
 * Stage 2 for events of unknown time: a full dump that comes every night says for each user and item what holds now.
 *
 * Such events have no time to tell a word that is said again from a mind that was changed back. What tells them apart is
 * the order of the words: a dump whose words on an item are the last ones stored adds nothing, and any other dump
 * follows what is stored. So the same file again changes nothing, and a third word after a second one counts. (A file
 * that contradicts itself about one item more than 400,000 rows apart is written in two parts, and then says so again.)
 */

import type { BehaviourEvent } from '../../domain/index.js';
import { KNOWN_TIME_FROM } from '../../domain/index.js';
import { eventId, repeatedEventId } from '../../ingest/index.js';

export interface FollowingWords {
  /** To be written, behind what is stored. */
  readonly events: BehaviourEvent[];
  /** Rows that repeat the row before them about the same item. */
  readonly nEqual: number;
  /** Rows whose words are stored already. */
  readonly nStored: number;
}

/** What one user's new events of unknown time, in the order of the file, add to those stored, in the order of time. */
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
