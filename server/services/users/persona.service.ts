/**
 * Stage 4 for a single user: assigns the current persona from behaviour, with hysteresis, and caches it. Training and
 * live assignment share the function and the fitted preprocessing (`learning/clustering`).
 */

import { LRUCache } from 'lru-cache';

import type {
  EventPublisher,
  Logger,
  FeatureComparison,
  Persona,
  PersonaAssignment,
  PersonaEvidence,
  PersonaEvolution,
  PersonaRecord,
  Profile,
} from '../../domain/index.js';
import {
  InvalidInputError,
  MAX_LABEL_CHARACTERS,
  NOMINAL_FEATURES,
  PERSONA_SIGNALS,
  PersonaNotFoundError,
} from '../../domain/index.js';
import { FEATURE_NAMES, featureRow, signalCount } from '../../features/index.js';
import type { PersonaChoice } from '../../learning/index.js';
import { assignPersona } from '../../learning/index.js';
import type { PersonaMove, Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import type { ModelRegistry, ServingModel } from '../models/index.js';
import { findEvolution } from './persona-evolution.js';
import type { PersonaPort } from '../index.js';
import { WriteBehind } from './write-behind.js';

const FLUSH_DELAY_MS = 500;
const CACHED_ASSIGNMENTS = 100_000;

interface Waiting {
  readonly userId: string;
  /** Null while there are too few signals for a persona. */
  readonly persona: PersonaAssignment | null;
  readonly eventCount: number;
  /** New personas, oldest first; empty if only the confidence changed. */
  readonly moves: readonly PersonaAssignment[];
}

interface Remembered {
  readonly persona: PersonaAssignment | null;
  /** Event count of the profile that it was assigned from; -1 if it was read from the database. */
  readonly eventCount: number;
  /** The version it was assigned under; absent if it was read from the database. */
  readonly modelVersion?: number;
}

/** The persona that the user chose, if the version has a persona with that id. */
export function chosenOf(
  held: PersonaAssignment | null,
  personaIds: readonly string[],
): PersonaAssignment | null {
  return held?.isChosen && personaIds.includes(held.personaId) ? held : null;
}

interface PersonaServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
  readonly announce: Announce;
}

export class PersonaService implements PersonaPort {
  private readonly cache = new LRUCache<string, Remembered>({ max: CACHED_ASSIGNMENTS });
  private readonly writes: WriteBehind<Waiting>;

  constructor(private readonly options: PersonaServiceOptions) {
    this.writes = new WriteBehind({
      name: 'personas',
      delayMs: FLUSH_DELAY_MS,
      log: options.log,
      write: async (batch) => {
        const rows = [...batch.values()];
        await this.recordMoves(rows.filter(({ moves }) => moves.length > 0));
        await options.store.users.assignPersonas(rows.map(({ moves: _, ...row }) => row));
      },
      merge: (older, newer) => ({ ...newer, moves: [...older.moves, ...newer.moves] }),
    });
  }

  personas(): Persona[] {
    return [...(this.options.registry.find()?.meta.personas ?? [])];
  }

  persona(personaId: string): Persona | null {
    return this.personas().find((persona) => persona.personaId === personaId) ?? null;
  }

  async histories(userIds: readonly string[], first: number): Promise<Map<string, PersonaRecord[]>> {
    const found = new Map<string, PersonaRecord[]>(userIds.map((userId) => [userId, []]));
    const rows = await this.options.store.personaHistory.findByUsers(userIds, first);
    for (const row of rows) found.get(row.userId)?.push(row);
    return found;
  }

  async evolution(fromVersion?: number | null, toVersion?: number | null): Promise<PersonaEvolution | null> {
    const { store, registry } = this.options;
    const to = toVersion ?? registry.find()?.version ?? null;
    if (to === null) return null;
    const from = fromVersion ?? (await store.models.find(to))?.parentVersion ?? null;
    return from === null ? null : findEvolution(store, from, to);
  }

  async rename(personaId: string, label: string): Promise<Persona> {
    const name = label.trim();
    if (name.length === 0 || name.length > MAX_LABEL_CHARACTERS) {
      throw new InvalidInputError(`A persona's label has 1 to ${MAX_LABEL_CHARACTERS} characters.`, 'label');
    }
    const { store, registry } = this.options;
    const model = registry.current();
    const persona = this.persona(personaId);
    if (persona === null) throw new PersonaNotFoundError(personaId);
    await store.models.renamePersona(model.version, personaId, name);
    const renamed = { ...persona, label: name };
    const personas = model.meta.personas.map((other) => (other.personaId === personaId ? renamed : other));
    registry.swap({ ...model, meta: { ...model.meta, personas } });
    await this.options.announce('personas');
    return renamed;
  }

  /** Reads the labels of the active version again after a rename on other instances. */
  async refreshLabels(): Promise<void> {
    const { store, registry } = this.options;
    const serving = registry.find();
    const meta = serving === null ? null : await store.models.find(serving.version);
    if (serving !== null && meta !== null) registry.swap({ ...serving, meta });
  }

  /**
   * The persona of this profile under `model`: the user's choice, otherwise the persona that behaviour points to; null
   * if there are too few signals. Records a move.
   */
  async assign(profile: Profile, model: ServingModel): Promise<PersonaAssignment | null> {
    const { userId, eventCount } = profile;
    const read = this.cache.get(userId) ?? (await this.read(userId));
    // A concurrent caller with a newer profile may have assigned a persona during the read.
    const known = this.cache.get(userId) ?? read;
    const isNewer = known.eventCount >= eventCount && known.modelVersion === model.version;
    if (isNewer) return known.persona;

    const chosen = chosenOf(known.persona, model.personaIds);
    // No hysteresis against a persona of an older version: the new version's training has just seen all users.
    const held = known.persona?.modelVersion === model.version ? known.persona : null;
    const next = chosen ?? this.choiceOf(profile, model, held);
    const isSame = next?.personaId === known.persona?.personaId;
    const now = this.options.clock();
    const persona: PersonaAssignment | null = next && {
      personaId: next.personaId,
      confidence: next.confidence,
      pending: next.pending,
      since: isSame && known.persona !== null ? known.persona.since : now,
      modelVersion: model.version,
      ...(chosen && { isChosen: true }),
    };
    this.cache.set(userId, { persona, eventCount, modelVersion: model.version });
    if (eventCount > 0 || persona !== null)
      this.writes.put(userId, {
        ...{ userId, persona, eventCount },
        moves: isSame || persona === null ? [] : [persona],
      });
    if (!isSame) {
      this.options.bus.publish('persona.changed', { userId, modelVersion: model.version });
    }
    return persona;
  }

  /** The persona that behaviour points to; null if there are too few signals. */
  private choiceOf(
    profile: Profile,
    model: ServingModel,
    held: PersonaAssignment | null,
  ): PersonaChoice | null {
    const signals = signalCount(profile);
    if (signals < PERSONA_SIGNALS) return null;
    const row = featureRow(profile, { now: this.options.clock(), isLongTail: model.isLongTail });
    return assignPersona(model.personas, row, { signals, held });
  }

  /** Assigns the persona under the active version; does nothing before the first training. */
  async follow(profile: Profile): Promise<void> {
    const model = this.options.registry.find();
    if (model !== null) await this.assign(profile, model);
  }

  /** The assignment of a user that may not be in the database yet. */
  pendingOf(userId: string): Pick<Waiting, 'persona' | 'eventCount'> | null {
    return this.writes.get(userId) ?? null;
  }

  /** The number of current signals in a profile, and the number a persona needs. */
  evidence(profile: Profile): PersonaEvidence {
    return { have: signalCount(profile), need: PERSONA_SIGNALS };
  }

  /** Every behavioural feature of this profile in plain units; empty before the first training. */
  behaviour(profile: Profile): { feature: string; value: number }[] {
    const model = this.options.registry.find();
    if (model === null || profile.eventCount === 0) return [];
    const row = featureRow(profile, { now: this.options.clock(), isLongTail: model.isLongTail });
    return FEATURE_NAMES.map((feature, column) => ({ feature, value: row[column] })).filter(
      ({ feature }) => !NOMINAL_FEATURES.includes(feature),
    );
  }

  /**
   * The persona's distinctive features, strongest first: the value of this profile, the persona's centroid, and the
   * mean of all users. Empty for a persona that the active version lacks.
   */
  comparison(profile: Profile, personaId: string): FeatureComparison[] {
    const persona = this.persona(personaId);
    const model = this.options.registry.find();
    if (persona === null || model === null) return [];
    const row = featureRow(profile, { now: this.options.clock(), isLongTail: model.isLongTail });
    const personas = this.personas();
    const nUsers = personas.reduce((sum, { size }) => sum + size, 0);
    const meanOf = (feature: string) =>
      personas.reduce((sum, { centroid, size }) => sum + (centroid[feature] ?? 0) * size, 0) / nUsers;
    return persona.distinctive
      .map(({ feature }) => ({ feature, column: (FEATURE_NAMES as readonly string[]).indexOf(feature) }))
      .filter(({ feature, column }) => column >= 0 && !NOMINAL_FEATURES.includes(feature))
      .map(({ feature, column }) => ({
        feature,
        user: row[column],
        persona: persona.centroid[feature] ?? 0,
        everybody: meanOf(feature),
      }));
  }

  /**
   * Sets the persona that the user chose. Null withdraws the choice, so that behaviour decides again; the result is
   * null if there are too few signals for that. Resolves when stored. Throws PersonaNotFoundError.
   */
  async correct(profile: Profile, personaId: string | null): Promise<PersonaAssignment | null> {
    const { store, registry, clock } = this.options;
    const model = registry.current();
    if (personaId !== null && this.persona(personaId) === null) throw new PersonaNotFoundError(personaId);
    const { userId, eventCount } = profile;
    const now = clock();
    const before = this.cache.get(userId) ?? (await this.read(userId));
    const next =
      personaId === null ? this.choiceOf(profile, model, null) : { personaId, confidence: 1, pending: null };
    const since = before.persona?.personaId === next?.personaId ? (before.persona?.since ?? now) : now;
    const persona: PersonaAssignment | null = next && {
      ...next,
      since,
      modelVersion: model.version,
      ...(personaId !== null && { isChosen: true }),
    };
    await store.users.ensure([{ userId, locale: null, createdAt: now, isSynthetic: false }]);
    await this.writes.drain();
    if (persona !== null) await this.recordCorrection(userId, { ...persona, since: now });
    await store.users.assignPersonas([{ userId, persona, eventCount }], { isCorrection: true });
    this.cache.set(userId, { persona, eventCount, modelVersion: model.version });
    this.options.bus.publish('persona.changed', { userId, modelVersion: model.version });
    return persona;
  }

  /** The current personas of these users; users without a persona are left out. */
  async personaIdsOf(userIds: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const missing: string[] = [];
    for (const userId of userIds) {
      const known = this.cache.peek(userId) ?? this.writes.get(userId);
      if (known === undefined) missing.push(userId);
      else if (known.persona !== null) found.set(userId, known.persona.personaId);
    }
    if (missing.length === 0) return found;
    for (const { userId, persona } of await this.options.store.users.findMany(missing)) {
      if (persona !== null) found.set(userId, persona.personaId);
    }
    return found;
  }

  /** Reads many users in a single query, so that `assign` then finds them in memory. */
  async preload(userIds: readonly string[]): Promise<void> {
    const missing = userIds.filter((userId) => !this.cache.has(userId));
    if (missing.length === 0) return;
    const users = await this.options.store.users.findMany(missing);
    const found = new Map(users.map((user) => [user.userId, user.persona]));
    for (const userId of missing) {
      // A concurrent caller may have assigned a persona during the read.
      if (this.cache.has(userId)) continue;
      const waiting = this.writes.get(userId);
      this.cache.set(userId, waiting ?? { persona: found.get(userId) ?? null, eventCount: -1 });
    }
  }

  /** Drops a cached assignment, e.g. because it was changed elsewhere. */
  forget(userId: string): void {
    this.cache.delete(userId);
  }

  /** Drops a cached assignment unless it was made from exactly this many events. */
  forgetUnless(userId: string, eventCount: number): void {
    if (this.cache.peek(userId)?.eventCount !== eventCount) this.cache.delete(userId);
  }

  /** Drops a user's cached and pending data; resolves when no write of it is in flight. */
  async discard(userId: string): Promise<void> {
    await this.writes.discard(userId);
    this.cache.delete(userId);
  }

  forgetAll(): void {
    this.cache.clear();
  }

  drain(): Promise<void> {
    return this.writes.drain();
  }

  /**
   * Appends moves to timelines before the users themselves are written: after a crash in between, the move is made
   * again with the same identity. The identity is derived from stored data, so instances that see the same move record
   * it once.
   */
  private async recordMoves(rows: readonly Waiting[]): Promise<void> {
    if (rows.length === 0) return;
    const userIds = rows.map(({ userId }) => userId);
    const found = await this.options.store.users.findMany(userIds);
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
    if (steps.length > 0) await this.append(steps);
  }

  /**
   * The stored user may be older than the timeline: another instance appends a move before it assigns it, and a
   * correction may overrule that move in between. Therefore a correction replaces the newest step of the timeline.
   */
  private async recordCorrection(userId: string, persona: PersonaAssignment): Promise<void> {
    const [newest] = await this.options.store.personaHistory.findByUser(userId, 1);
    const { personaId, confidence, since: at, modelVersion: version } = persona;
    if (newest?.personaId === personaId) return;
    const replacedSince = newest?.at ?? null;
    await this.append([{ userId, version, personaId, confidence, at, cause: 'correction', replacedSince }]);
  }

  /** Deletes the steps again if their user was erased in the meantime. */
  private async append(steps: readonly PersonaMove[]): Promise<void> {
    const { users, personaHistory } = this.options.store;
    await personaHistory.appendMany(steps);
    const userIds = [...new Set(steps.map(({ userId }) => userId))];
    const present = new Set((await users.findMany(userIds)).map(({ userId }) => userId));
    for (const userId of userIds) if (!present.has(userId)) await personaHistory.deleteByUser(userId);
  }

  private async read(userId: string): Promise<Remembered> {
    const waiting = this.writes.get(userId);
    if (waiting !== undefined) return waiting;
    const user = await this.options.store.users.find(userId);
    return { persona: user?.persona ?? null, eventCount: -1 };
  }
}
