/** A user's facets in the catalogue's words: "your science-fiction side". */

import type { Facet } from '../../domain/index.js';
import type { History } from '../../features/index.js';
import type { EmbeddingSpace, Facets } from '../../learning/index.js';
import { facetOf, findFacets, likedItems, nameFacets, typicalItems } from '../../learning/index.js';

import type { ServingModel } from '../models/index.js';
import type { CatalogueService } from './catalogue.service.js';

/** Items shown per facet. */
const SHOWN_ITEMS = 10;

/** `known`: the facets of the user before, which may save the fit. */
export class UserFacets {
  /** Null for a user with too few likes. */
  readonly found: Facets | null;
  private readonly space: EmbeddingSpace;
  private known: Promise<string[]> | null = null;

  constructor(
    history: History,
    private readonly model: ServingModel,
    private readonly catalogue: Pick<CatalogueService, 'words' | 'itemsById'>,
    known: UserFacets | null = null,
  ) {
    const { itemEmbeddings, hyperParameters } = model.recommender;
    this.space = { embeddings: itemEmbeddings, nComponents: hyperParameters.nComponents };
    const before = known?.model === model ? known.found : null;
    this.found = findFacets({ items: likedItems(history), ...this.space }, before);
  }

  /** Largest first. */
  async describe(): Promise<Facet[]> {
    const labels = await this.labels();
    return labels.map((label, facet) => ({
      label,
      share: this.found!.shares[facet],
      nItems: this.typical(facet).length,
      itemIds: this.typical(facet).slice(0, SHOWN_ITEMS),
    }));
  }

  /** Whether an item belongs to the facet with this label; null if the user has no such facet. */
  async side(label: string): Promise<((itemIndex: number) => boolean) | null> {
    const facet = (await this.labels()).indexOf(label);
    return facet < 0 ? null : (itemIndex) => facetOf(this.found!, this.space, itemIndex) === facet;
  }

  private labels(): Promise<string[]> {
    return (this.known ??= this.name());
  }

  /** A facet without a word of its own has the title of its most typical item. */
  private async name(): Promise<string[]> {
    if (this.found === null) return [];
    const { words } = this.catalogue;
    const names = nameFacets(this.found, {
      wordsOf: (itemIndex) => words.wordsOf(this.model.itemIds[itemIndex]),
      countOf: (word) => words.countOf(word),
      nItems: words.size,
    });
    return Promise.all(
      names.map(async (name, facet) => {
        if (name !== null) return name;
        const [itemId] = this.typical(facet);
        return (await this.catalogue.itemsById([itemId]))[0]?.title ?? itemId;
      }),
    );
  }

  private typical(facet: number): string[] {
    return Array.from(typicalItems(this.found!, this.space, facet), (index) => this.model.itemIds[index]);
  }
}
