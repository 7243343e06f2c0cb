/**
 * The item side of the active model as a compressed file, for clients that fold in and rank on the user's device. Nothing
 * in it belongs to a single user.
 */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { Exclusion } from '../../domain/index.js';
import type { ItemSide } from '../../learning/index.js';
import { emptyRows } from '../../learning/index.js';

import type { ModelRegistry, ServingModel } from '../models/index.js';
import type { CatalogueService } from '../users/index.js';
import type { ItemSideFile, ItemSidePort } from '../index.js';

const compress = promisify(gzip);
/** Catalogue changes reach the file with this delay, so that frequent changes do not compress it all the time. */
const MIN_AGE_MS = 60_000;

interface ItemSideServiceOptions {
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly exclude: readonly Exclusion[];
  readonly clock: () => number;
  /** Packs in a thread. */
  readonly pack: (side: ItemSide) => Promise<Uint8Array>;
}

interface Made {
  readonly model: ServingModel;
  readonly catalogue: number;
  readonly at: number;
  readonly file: Promise<ItemSideFile>;
}

export class ItemSideService implements ItemSidePort {
  private made: Made | null = null;

  constructor(private readonly options: ItemSideServiceOptions) {}

  file(): Promise<ItemSideFile> {
    const { registry, catalogue, clock } = this.options;
    const model = registry.current();
    const { made } = this;
    if (made !== null && made.model.version === model.version) {
      const isSame = made.model === model && made.catalogue === catalogue.generation;
      if (isSame || clock() - made.at < MIN_AGE_MS) return made.file;
    }
    const file = this.make(model);
    this.made = { model, catalogue: catalogue.generation, at: clock(), file };
    file.catch(() => {
      if (this.made?.file === file) this.made = null;
    });
    return file;
  }

  private async make(model: ServingModel): Promise<ItemSideFile> {
    const packed = await this.options.pack(await this.itemSideOf(model));
    const bytes = await compress(packed, { level: 9 });
    const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    return { version: model.version, bytes, etag: `"${digest}"` };
  }

  private async itemSideOf({ version, recommender, itemIds }: ServingModel): Promise<ItemSide> {
    const { catalogue, exclude } = this.options;
    const found = new Map((await catalogue.itemsById(itemIds)).map((item) => [item.itemId, item]));
    return {
      version,
      // A device does not know the lists shown before.
      exclude: exclude.filter((reason) => reason !== 'listed'),
      // Features are not in the file.
      recommender: { ...recommender, features: emptyRows(recommender.nItems) },
      items: {
        ids: itemIds,
        titles: itemIds.map((itemId) => found.get(itemId)?.title ?? itemId),
        categories: itemIds.map((itemId) => found.get(itemId)?.category ?? ''),
      },
      isAvailable: Uint8Array.from(itemIds, (itemId) => Number(catalogue.isAvailable(itemId))),
    };
  }
}
