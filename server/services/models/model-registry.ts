/**
 * Holds the model version that is served. A reader calls `current()` once and works on that snapshot to its end, so a
 * swap in between never mixes two versions. Loading and activating are use cases, not done here.
 */

import type { ClusterMap, ModelVersion } from '../../domain/index.js';
import { NoActiveModelError } from '../../domain/index.js';
import type { PersonaModel, RecommenderModel } from '../../learning/index.js';

import { keepUsers } from './cluster-map.js';

/** Everything that serving needs of a version. Immutable. */
export interface ServingModel {
  readonly version: number;
  /** Rises with every activation in this process, also when an older version is activated again. */
  readonly generation: number;
  readonly meta: ModelVersion;
  readonly personas: PersonaModel;
  readonly recommender: RecommenderModel;
  /** Persona ids by persona index. */
  readonly personaIds: readonly string[];
  /** Item ids by item index. */
  readonly itemIds: readonly string[];
  readonly itemIndex: ReadonlyMap<string, number>;
  /** Whether an item was in the long tail when this version was trained. */
  readonly isLongTail: (itemId: string) => boolean;
  /** The users of the version in the plane; null for versions that were trained without a cluster map. */
  readonly map: ClusterMap | null;
}

export class ModelRegistry {
  private serving: ServingModel | null = null;

  /** Throws NoActiveModelError before the first activation. */
  current(): ServingModel {
    if (this.serving === null) throw new NoActiveModelError();
    return this.serving;
  }

  find(): ServingModel | null {
    return this.serving;
  }

  /** Removes an erased user from the map. The generation stays, because nothing that affects serving has changed. */
  forgetUser(userId: string): void {
    if (this.serving?.map == null) return;
    const map = keepUsers(this.serving.map, (other) => other !== userId);
    if (map !== this.serving.map) this.serving = Object.freeze({ ...this.serving, map });
  }

  swap(model: Omit<ServingModel, 'generation'>): ServingModel {
    this.serving = Object.freeze({ ...model, generation: (this.serving?.generation ?? 0) + 1 });
    return this.serving;
  }
}
