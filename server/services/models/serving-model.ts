/** A model version as it is served. */

import type { ClusterMap, Item, ModelVersion } from '../../domain/index.js';
import type { ContentNeighbours, ItemSource, PersonaModel, RecommenderModel } from '../../learning/index.js';

/** Everything that serving needs of a version. Immutable. */
export interface ServingModel {
  readonly version: number;
  /** Rises with every activation in this process, also when an older version is activated again. */
  readonly generation: number;
  readonly meta: ModelVersion;
  readonly personas: PersonaModel;
  /** With the new items. */
  readonly recommender: RecommenderModel;
  /** As trained. */
  readonly trained: RecommenderModel;
  /** Items that are newer than the training, in the order of their indices, which follow the trained items'. */
  readonly newItems: ReadonlyMap<string, ContentNeighbours>;
  /** The trained items with similar content. This and the next are prepared on first use: most versions see no new item. */
  readonly contentOf: (item: Item) => ContentNeighbours;
  readonly itemSource: () => ItemSource;
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
