/**
 * Personas of users in memory: as queries show them, and the assignments that follow from changed profiles.
 */

import type { EventPublisher, PersonaAssignment } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { ModelRegistry } from '../models/index.js';
import type { LiveUser } from './live-user.js';
import type { CacheEntry } from './load-users.js';
import { isCurrent, nextPersona } from './persona-assignment.js';
import type { PersonaWrite } from './persona-store.js';
import { nextTurn } from './turns.js';
import type { UserCache } from './user-cache.js';

/** Assignments per turn of the event loop. */
const ASSIGNED_PER_TURN = 50;

interface LivePersonasOptions {
  readonly store: Store;
  readonly cache: UserCache;
  readonly registry: Pick<ModelRegistry, 'find'>;
  readonly bus: EventPublisher;
  readonly clock: () => number;
}

export class LivePersonas {
  constructor(private readonly options: LivePersonasOptions) {}

  /**
   * The persona under a version, by default the active version, as a query shows it. Computed, and not stored, while
   * the last assignment is older than the profile or the version.
   */
  of(user: LiveUser, model = this.options.registry.find()): PersonaAssignment | null {
    const { profile, assigned } = user;
    if (model === null || isCurrent(assigned, profile, model)) return assigned.persona;
    const { generation } = model;
    if (user.shown?.generation !== generation || user.shown.revision !== profile.revision) {
      const persona = nextPersona(profile, { assigned, model, now: this.options.clock() });
      user.shown = { generation, revision: profile.revision, persona };
    }
    return user.shown.persona;
  }

  /** The assigned personas of these users; users without a persona are left out. */
  async idsOf(userIds: readonly string[]): Promise<Map<string, string>> {
    const { cache, store } = this.options;
    const found = new Map<string, string>();
    const missing: string[] = [];
    const add = (userId: string, persona: PersonaAssignment | null) =>
      persona !== null && found.set(userId, persona.personaId);
    for (const userId of userIds) {
      const held = cache.held(userId);
      if (held === null) missing.push(userId);
      else add(userId, held.assigned.persona);
    }
    if (missing.length === 0) return found;
    for (const { userId, persona } of await store.users.findMany(missing)) add(userId, persona);
    return found;
  }

  /** Publishes the personas that an activated version changes for cached users. Stores nothing, like `of`. */
  async publish(): Promise<void> {
    const { cache, registry, bus } = this.options;
    const model = registry.find();
    for (const [n, [userId, user]] of cache.cachedEntries().entries()) {
      if (n % ASSIGNED_PER_TURN === 0) await nextTurn();
      if (model === null || registry.find() !== model) return;
      if (this.of(user, model)?.personaId !== user.assigned.persona?.personaId)
        bus.publish('persona.changed', { userId, modelVersion: model.version });
    }
  }

  /**
   * Assigns the persona that the profile points to, and publishes it if it is not `before`. Returns the assignment to
   * store; null if it stays.
   */
  move(entry: CacheEntry, before = entry.assigned.persona): PersonaWrite | null {
    const { registry, bus, clock } = this.options;
    const model = registry.find();
    if (model === null) return null;
    const { profile, assigned } = entry;
    const { userId, eventCount } = profile;
    const isKept = isCurrent(assigned, profile, model);
    const persona = isKept ? assigned.persona : nextPersona(profile, { assigned, model, now: clock() });
    if (persona?.personaId !== before?.personaId)
      bus.publish('persona.changed', { userId, modelVersion: model.version });
    if (isKept) return null;
    entry.assigned = { persona, eventCount };
    const isSame = persona === null || persona.personaId === assigned.persona?.personaId;
    return { userId, persona, eventCount, moves: isSame ? [] : [persona] };
  }
}
