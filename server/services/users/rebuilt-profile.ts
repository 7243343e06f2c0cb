/**
 * Compares a profile with the record: whether events or thumbs continue it, and what a rebuild changes.
 */

import type { BehaviourEvent, Feedback, Profile } from '../../domain/index.js';
import { canApply } from '../../features/index.js';

/** A profile built from the whole record, and its differences from the cached and the stored profile. */
export interface RebuiltProfile {
  readonly profile: Profile;
  /** 0 if no profile is stored. */
  readonly storedRevision: number;
  /** Whether it differs from the cached profile, or from the stored profile if none is cached. */
  readonly hasMoved: boolean;
  readonly hasToBeStored: boolean;
}

/** Gives a rebuilt profile its revision; see "Revisions" in live-users.ts. */
export function rebuiltOf(
  profile: Profile,
  { stored, held }: { stored: Profile | null; held: Profile | null },
): RebuiltProfile {
  const isStored = stored === null ? profile.eventCount === 0 : isSame(profile, stored);
  const hasMoved = held === null ? !isStored : !isSame(profile, held);
  const storedRevision = stored?.revision ?? 0;
  const nAdded = profile.eventCount - (stored?.eventCount ?? 0);
  const isErased = stored === null && profile.eventCount === 0;
  const revision = isErased
    ? 0
    : Math.max(
        storedRevision + (isStored ? 0 : Math.max(1, nAdded)),
        held === null ? 0 : held.revision + Number(hasMoved),
      );
  return {
    profile: { ...profile, revision },
    ...{ storedRevision, hasMoved, hasToBeStored: revision !== storedRevision },
  };
}

/** Whether two profiles are equal apart from their revisions. */
function isSame(one: Profile, other: Profile): boolean {
  return (
    one.eventCount === other.eventCount &&
    JSON.stringify([one.interactions, one.behaviour]) ===
      JSON.stringify([other.interactions, other.behaviour])
  );
}

/**
 * Whether all events are later than the profile's last event. The record decides the order of events with equal times.
 */
export function continues(profile: Profile, events: readonly BehaviourEvent[]): boolean {
  if (profile.eventCount === 0) return true;
  return canApply(profile, events) && events.every(({ at }) => at !== profile.behaviour.lastAt);
}

/**
 * Pending thumbs whose event is not in the profile: between the write of a profile and the clearing of the pending
 * mark, a thumb is in both. Thumbs on the same item are stored in order, so all thumbs before a held thumb are held as
 * well.
 */
export function unheld(profile: Profile, thumbs: readonly Feedback[]): Feedback[] {
  const heldSeq = new Map<string, number>();
  for (const thumb of thumbs) {
    if (holdsThumb(profile, thumb))
      heldSeq.set(thumb.itemId, Math.max(thumb.seq, heldSeq.get(thumb.itemId) ?? 0));
  }
  return thumbs.filter(({ itemId, seq }) => seq > (heldSeq.get(itemId) ?? 0));
}

/**
 * Whether the profile holds the event of this thumb. An equal opinion from an earlier event does not count: the thumb's
 * writer counts the thumb as well.
 */
export function holdsThumb({ interactions }: Profile, { itemId, value, at }: Feedback): boolean {
  const held = interactions.find((interaction) => interaction.itemId === itemId);
  return held === undefined ? value === 0 : held.opinion === value && held.at >= at;
}
