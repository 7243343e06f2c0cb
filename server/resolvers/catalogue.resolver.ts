/**
 * The catalogue: queries, and bulk import.
 */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';

import type { Connection } from '../../schema/index.js';
import {
  ImportItemsReportType,
  ItemConnectionType,
  ItemInput,
  ItemType,
  SimilarItemType,
} from '../../schema/index.js';
import { ItemNotFoundError } from '../domain/index.js';

import { Access } from './access.js';
import {
  After,
  checkRows,
  costOfPage,
  costOfRanking,
  costOfRows,
  First,
  MAX_BULK_ROWS,
} from './arguments.js';
import { connectionOfPage } from './connection.js';
import type { ApiContext } from './context.js';
import { decodeCursor } from './cursor.js';
import { checkItems } from './item-rows.js';
import { toItem } from './views.js';

@Resolver()
export class CatalogueResolver {
  @Access('user')
  @Query(() => ItemType, {
    nullable: true,
    description: 'An item; null if it is not in the catalogue.',
  })
  async item(
    @Ctx() { loaders }: ApiContext,
    @Arg('id', () => ID, { description: 'The id of the item.' }) id: string,
  ): Promise<ItemType | null> {
    const item = await loaders.items.load(id);
    return item === null ? null : toItem(item);
  }

  @Access('user')
  @Query(() => ItemConnectionType, {
    complexity: costOfPage,
    description: 'The catalogue, ordered by id.',
  })
  async items(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'items' }) first: number,
    @After() after: string | null | undefined,
    @Arg('category', () => String, { nullable: true, description: 'Only this category.' })
    category: string | null | undefined,
    @Arg('search', () => String, {
      nullable: true,
      description:
        'Search by title: every word of this text must be a prefix of a word in the title. Up to 100 characters and 8 words.',
    })
    search: string | null | undefined,
  ): Promise<Connection<ItemType>> {
    const listing = { name: 'items', filter: { category, search } };
    const page = await services.catalogue.items({
      first,
      after: decodeCursor(listing, after),
      category,
      search,
    });
    return connectionOfPage(page, after, { listing, keyOf: (item) => item.itemId, toNode: toItem });
  }

  @Access('user')
  @Query(() => [String], { complexity: costOfRows(10), description: 'The categories of the catalogue.' })
  categories(@Ctx() { services }: ApiContext): Promise<string[]> {
    return services.catalogue.categories();
  }

  @Access('user')
  @Query(() => [SimilarItemType], {
    nullable: true,
    complexity: costOfRanking,
    description:
      'Available items that are similar in the active model, most similar first. Empty for an item added after training without similar content, null if it is not in the catalogue.',
  })
  async similarItems(
    @Ctx() { services, loaders }: ApiContext,
    @Arg('itemId', () => ID, { description: 'The item to compare with.' }) itemId: string,
    @First({ defaultValue: 10, max: 100, what: 'items' }) first: number,
  ): Promise<SimilarItemType[] | null> {
    try {
      const similar = await services.catalogue.similarItems(itemId, first);
      const rows = await Promise.all(
        similar.map(async (row) => ({
          item: await loaders.items.load(row.itemId),
          similarity: row.similarity,
        })),
      );
      return rows.flatMap(({ item, similarity }) =>
        item === null ? [] : [{ item: toItem(item), similarity }],
      );
    } catch (error) {
      if (error instanceof ItemNotFoundError) return null;
      throw error;
    }
  }

  @Access('user')
  @Query(() => [ItemType], {
    complexity: costOfRanking,
    description:
      'Items to ask a newcomer about: popular, and opinions on them say most about a taste. Most informative first, without items that the viewer has interacted with. Before the first training the error code is NO_ACTIVE_MODEL.',
  })
  async onboardingItems(
    @Ctx() { services, loaders, viewer }: ApiContext,
    @First({ defaultValue: 5, max: 20, what: 'items' }) first: number,
  ): Promise<ItemType[]> {
    const { userId } = viewer;
    const chosen = await services.recommendations.onboardingItems({ userId, first });
    const items = await Promise.all(chosen.map((itemId) => loaders.items.load(itemId)));
    return items.flatMap((item) => (item === null ? [] : [toItem(item)]));
  }

  @Access('admin')
  @Mutation(() => ImportItemsReportType, {
    complexity: costOfRows(10),
    description:
      'Adds or replaces up to 1,000 items. Valid rows are stored, invalid rows are reported; repeating the request changes nothing.',
  })
  async importItems(
    @Ctx() { services, now, actor }: ApiContext,
    @Arg('items', () => [ItemInput], { description: 'The items, up to 1,000.' }) rows: ItemInput[],
  ): Promise<ImportItemsReportType> {
    const { items, rejected } = checkItems(checkRows(rows, 'items', MAX_BULK_ROWS), now());
    const counts = await services.audit.run({ actor, action: 'import', target: 'items' }, () =>
      services.catalogue.importItems(items),
    );
    return { ...counts, rejected };
  }
}
