/**
 * The one place that says which model version serves. A reader takes `current()` once and works on that snapshot to
 * its end, so a swap in between never mixes two versions. Holding is all it does: loading and activating are use cases.
 */

import type { ClusterMap, ModelVersion } from '../../domain/index.js';
import { NoActiveModelError } from '../../domain/index.js';
import type { PersonaModel, RecommenderModel } from '../../learning/index.js';

import { keepUsers } from './cluster-map.js';

/** Everything serving needs of one version. Immutable. */
export interface ServingModel {
  readonly version: number;
  /** Rises with every activation in this process, also when an older version comes back. */
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
  /** Its users in the plane; null for versions that were trained without. */
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

  /** Takes an erased user out of the map; nothing that serves has moved, so the generation stays. */
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
