/**
 * The state of a user in memory: the profile, the persona assigned to it, and what serving derives from both.
 */

import type { PersonaAssignment, Profile, RecommendationList } from '../../domain/index.js';
import type { History } from '../../features/index.js';
import type { UserSnapshot } from '../models/index.js';
import type { UserFacets } from './user-facets.js';

/** A persona with the profile it was assigned to. */
export interface Assigned {
  /** Null while there are too few signals for a persona. */
  readonly persona: PersonaAssignment | null;
  readonly eventCount: number;
}

/** A user's folded-in state for a profile revision and a model generation. */
export interface FoldedUser extends UserSnapshot {
  readonly userId: string;
  readonly history: History;
  readonly generation: number;
  /** Revision of the profile. */
  readonly revision: number;
  readonly persona: PersonaAssignment | null;
  readonly facets: UserFacets;
  /** Lists by the parameters of the request. */
  readonly lists: Map<string, CachedList>;
}

interface CachedList {
  readonly list: RecommendationList;
  /** The catalogue generation it was ranked with. */
  readonly catalogue: number;
}

export interface LiveUser {
  readonly profile: Profile;
  /** The last assignment that is stored, or about to be. */
  readonly assigned: Assigned;
  /**
   * The persona for queries while `assigned` is older than the profile or the version. Never stored: the next event
   * assigns it.
   */
  shown: Pick<FoldedUser, 'generation' | 'revision' | 'persona'> | null;
  /** Set by `RecommendationService`; it is dropped with the user, or when the persona is replaced. */
  folded: FoldedUser | null;
}
