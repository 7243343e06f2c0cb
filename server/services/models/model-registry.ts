/**
 * Holds the model version that is served. A reader calls `current()` once and works on that snapshot to its end, so a
 * swap in between never mixes two versions. Loading and activating are use cases, not done here.
 */

import type { Item } from '../../domain/index.js';
import { NoActiveModelError } from '../../domain/index.js';

import { keepUsers } from './cluster-map.js';
import { inSlices } from './in-slices.js';
import { withItems } from './new-items.js';
import type { ServingModel } from './serving-model.js';

export class ModelRegistry {
  private serving: ServingModel | null = null;
  private introduced: Promise<void> = Promise.resolve();

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

  /** Adds items that are newer than the active version, in slices; concurrent calls wait for each other. */
  introduce(items: readonly Item[]): Promise<void> {
    this.introduced = this.introduced.catch(() => undefined).then(() => this.introduceNow(items));
    return this.introduced;
  }

  private async introduceNow(items: readonly Item[]): Promise<void> {
    for (;;) {
      const { serving } = this;
      if (serving === null) return;
      const model = await inSlices(withItems(serving, items));
      if (this.serving?.generation !== serving.generation) continue;
      // A user may have been removed from the map meanwhile.
      if (model !== serving) this.swap({ ...model, map: this.serving.map });
      return;
    }
  }

  swap(model: Omit<ServingModel, 'generation'>): ServingModel {
    this.serving = Object.freeze({ ...model, generation: (this.serving?.generation ?? 0) + 1 });
    return this.serving;
  }
}
