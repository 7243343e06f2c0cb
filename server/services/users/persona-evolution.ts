/**
 * Movement of users and personas between two model versions, computed from the persona history of each version.
 */

import type { PersonaChangeEvent, PersonaChangeKind, PersonaEvolution } from '../../domain/index.js';
import { transitionsOf } from '../../learning/index.js';
import type { Store } from '../../store/index.js';

const KINDS = { kept: 'stable', born: 'birth', died: 'death', split: 'split', merged: 'merge' } as const;

/** Null if either version has been deleted. */
export async function findEvolution(
  store: Store,
  fromVersion: number,
  toVersion: number,
): Promise<PersonaEvolution | null> {
  const [from, to] = await Promise.all([store.models.find(fromVersion), store.models.find(toVersion)]);
  if (from === null || to === null) return null;
  const transitions = await store.personaHistory.transitions(fromVersion, toVersion);
  const fromIds = from.personas.map((persona) => persona.personaId);
  const toIds = to.personas.map((persona) => persona.personaId);
  const overlap = new Float64Array(fromIds.length * toIds.length);
  for (const { from: before, to: after, count } of transitions) {
    const row = fromIds.indexOf(before);
    const column = toIds.indexOf(after);
    if (row >= 0 && column >= 0) overlap[row * toIds.length + column] += count;
  }
  const nUsers = transitions.reduce((sum, { count }) => sum + count, 0);
  const nStayed = transitions.reduce((sum, row) => sum + (row.from === row.to ? row.count : 0), 0);
  return {
    fromVersion,
    toVersion,
    nUsers,
    nMoved: nUsers - nStayed,
    transitions: [...transitions].sort((a, b) => b.count - a.count),
    changes: transitionsOf(fromIds, toIds, overlap).map((change): PersonaChangeEvent => ({
      kind: KINDS[change.kind] satisfies PersonaChangeKind,
      from: change.from,
      to: change.to,
    })),
    fromPersonas: new Map(from.personas.map((persona) => [persona.personaId, persona])),
    toPersonas: new Map(to.personas.map((persona) => [persona.personaId, persona])),
  };
}
