/**
 * Personas of the active version, and a user's place among them: choice, evidence, comparison, history.
 */

import type {
  EventPublisher,
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
import type { Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import type { ModelRegistry } from '../models/index.js';
import type { LiveUsers } from './live-users.js';
import { behaviouralPersona } from './persona-assignment.js';
import { findEvolution } from './persona-evolution.js';
import { storeCorrection } from './persona-store.js';
import type { PersonaPort } from '../index.js';

interface PersonaServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly users: LiveUsers;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly announce: Announce;
}

export class PersonaService implements PersonaPort {
  constructor(private readonly options: PersonaServiceOptions) {}

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
  async correct(userId: string, personaId: string | null): Promise<PersonaAssignment | null> {
    const { store, registry, users, bus, clock, announce } = this.options;
    const model = registry.current();
    if (personaId !== null && this.persona(personaId) === null) throw new PersonaNotFoundError(personaId);
    const { profile, assigned: before } = await users.get(userId);
    const now = clock();
    const next =
      personaId === null
        ? behaviouralPersona(profile, { model, held: null, now })
        : { personaId, confidence: 1, pending: null };
    const persona: PersonaAssignment | null = next && {
      ...next,
      since: before.persona?.personaId === next.personaId ? before.persona.since : now,
      modelVersion: model.version,
      ...(personaId !== null && { isChosen: true }),
    };
    const assigned = { persona, eventCount: profile.eventCount };
    await store.users.ensure([{ userId, locale: null, createdAt: now, isSynthetic: false }]);
    await users.drain();
    await storeCorrection(store, { userId, ...assigned }, now);
    users.assign(userId, assigned);
    bus.publish('persona.changed', { userId, modelVersion: model.version });
    await announce('profiles', [userId]);
    return persona;
  }
}
