/**
 * Stage 4 for a single user: the persona that a profile points to, with hysteresis. Training and live assignment share
 * the function and the fitted preprocessing (`learning/clustering`).
 */

import type { PersonaAssignment, Profile } from '../../domain/index.js';
import { PERSONA_SIGNALS } from '../../domain/index.js';
import { featureRow, signalCount } from '../../features/index.js';
import type { PersonaChoice } from '../../learning/index.js';
import { assignPersona } from '../../learning/index.js';

import type { ServingModel } from '../models/index.js';
import type { Assigned } from './live-user.js';

/** The persona that the user chose, if the version has a persona with that id. */
export function chosenOf(
  held: PersonaAssignment | null,
  personaIds: readonly string[],
): PersonaAssignment | null {
  return held?.isChosen && personaIds.includes(held.personaId) ? held : null;
}

/** Whether the assignment was made under this version from all events of the profile. */
export function isCurrent({ persona, eventCount }: Assigned, profile: Profile, model: ServingModel): boolean {
  return persona?.modelVersion === model.version && eventCount >= profile.eventCount;
}

/**
 * The persona of this profile under `model`: the user's choice, otherwise the persona that behaviour points to; null if
 * there are too few signals. `assigned`: the assignment before it.
 */
export function nextPersona(
  profile: Profile,
  { assigned, model, now }: { assigned: Assigned; model: ServingModel; now: number },
): PersonaAssignment | null {
  const before = assigned.persona;
  const chosen = chosenOf(before, model.personaIds);
  // No hysteresis against a persona of an older version: the new version's training has just seen all users.
  const held = before?.modelVersion === model.version ? before : null;
  const next = chosen ?? behaviouralPersona(profile, { model, held, now });
  return (
    next && {
      ...{ personaId: next.personaId, confidence: next.confidence, pending: next.pending },
      since: before?.personaId === next.personaId ? before.since : now,
      modelVersion: model.version,
      ...(chosen && { isChosen: true }),
    }
  );
}

/** The persona that behaviour points to; null if there are too few signals. */
export function behaviouralPersona(
  profile: Profile,
  { model, held, now }: { model: ServingModel; held: PersonaAssignment | null; now: number },
): PersonaChoice | null {
  const signals = signalCount(profile);
  if (signals < PERSONA_SIGNALS) return null;
  const row = featureRow(profile, { now, isLongTail: model.isLongTail });
  return assignPersona(model.personas, row, { signals, held });
}
