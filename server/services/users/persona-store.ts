/**
 * Stores assignments of personas: steps of the users' timelines first, then the users.
 */

import type { PersonaAssignment } from '../../domain/index.js';
import type { PersonaMove, Store } from '../../store/index.js';

import type { Assigned } from './live-user.js';

export interface PersonaWrite extends Assigned {
  readonly userId: string;
  /** New personas, oldest first; empty if only the confidence changed. */
  readonly moves: readonly PersonaAssignment[];
}

/** `older` is waiting, `newer` was put after it; either may be absent. */
export function mergePersonas(older: PersonaWrite | null, newer: PersonaWrite | null): PersonaWrite | null {
  if (older === null || newer === null) return newer ?? older;
  return { ...newer, moves: [...older.moves, ...newer.moves] };
}

export async function storePersonas(store: Store, rows: readonly PersonaWrite[]): Promise<void> {
  if (rows.length === 0) return;
  await recordMoves(
    store,
    rows.filter(({ moves }) => moves.length > 0),
  );
  await store.users.assignPersonas(rows.map(({ moves: _, ...row }) => row));
}

/** Stores a persona that the user chose, or the persona after the choice was withdrawn. */
export async function storeCorrection(
  store: Store,
  { userId, persona, eventCount }: Assigned & { readonly userId: string },
  now: number,
): Promise<void> {
  if (persona !== null) await recordCorrection(store, userId, { ...persona, since: now });
  await store.users.assignPersonas([{ userId, persona, eventCount }], { isCorrection: true });
}

/**
 * Appends moves to timelines before the users themselves are written: after a crash in between, the move is made again
 * with the same identity. The identity is derived from stored data, so instances that see the same move record it once.
 */
async function recordMoves(store: Store, rows: readonly PersonaWrite[]): Promise<void> {
  if (rows.length === 0) return;
  const userIds = rows.map(({ userId }) => userId);
  const found = await store.users.findMany(userIds);
  const stored = new Map(found.map((user) => [user.userId, user]));
  const steps: PersonaMove[] = [];
  for (const { userId, moves, eventCount } of rows) {
    const user = stored.get(userId);
    // Erased in the meantime, or another instance has seen more events of the user: these moves will not be made.
    if (user === undefined || user.eventCount > eventCount) continue;
    let held = user.persona;
    for (const { personaId, confidence, since: at, modelVersion: version } of moves) {
      const isOverruled = held?.isChosen === true && held.modelVersion === version;
      if (isOverruled || held?.personaId === personaId) continue;
      const replacedSince = held?.since ?? null;
      steps.push({ userId, version, personaId, confidence, at, cause: 'live', replacedSince });
      held = { personaId, confidence, since: at, pending: null, modelVersion: version };
    }
  }
  if (steps.length > 0) await append(store, steps);
}

/**
 * The stored user may be older than the timeline: another instance appends a move before it assigns it, and a
 * correction may overrule that move in between. Therefore a correction replaces the newest step of the timeline.
 */
async function recordCorrection(store: Store, userId: string, persona: PersonaAssignment): Promise<void> {
  const [newest] = await store.personaHistory.findByUser(userId, 1);
  const { personaId, confidence, since: at, modelVersion: version } = persona;
  if (newest?.personaId === personaId) return;
  const replacedSince = newest?.at ?? null;
  await append(store, [{ userId, version, personaId, confidence, at, cause: 'correction', replacedSince }]);
}

/** Deletes the steps again if their user was erased in the meantime. */
async function append({ users, personaHistory }: Store, steps: readonly PersonaMove[]): Promise<void> {
  await personaHistory.appendMany(steps);
  const userIds = [...new Set(steps.map(({ userId }) => userId))];
  const present = new Set((await users.findMany(userIds)).map(({ userId }) => userId));
  for (const userId of userIds) if (!present.has(userId)) await personaHistory.deleteByUser(userId);
}
