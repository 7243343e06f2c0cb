/** Figures of items and changes of single items, for admins. */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';

import type { ItemUpdatedType, UnknownItemType } from '../../schema/index.js';
import { ItemFiguresType, UpdateItemInput, UpdateItemResult } from '../../schema/index.js';
import { InvalidInputError, ItemNotFoundError } from '../domain/index.js';
import type { ItemPatch } from '../services/index.js';

import { Access } from './access.js';
import { checkNames, costOfRows } from './arguments.js';
import type { ApiContext } from './context.js';
import { checkItems } from './item-rows.js';
import { toItem } from './views.js';

const MAX_ITEMS = 100;

@Resolver()
export class ItemAdminResolver {
  @Access('admin')
  @Query(() => [ItemFiguresType], {
    nullable: true,
    complexity: costOfRows(MAX_ITEMS),
    description:
      'What happened to these items, in their order, up to a few seconds ago; null while differential privacy is on.',
  })
  itemFigures(
    @Ctx() { services }: ApiContext,
    @Arg('itemIds', () => [ID], { description: `The items, up to ${MAX_ITEMS}.` }) itemIds: string[],
  ): Promise<ItemFiguresType[] | null> {
    return services.analytics.itemFigures(checkNames(itemIds, 'itemIds', MAX_ITEMS));
  }

  @Access('admin')
  @Mutation(() => UpdateItemResult, {
    description: 'Changes an item. Open lists with it are pushed again within a second.',
  })
  async updateItem(
    @Ctx() { services, now }: ApiContext,
    @Arg('input', () => UpdateItemInput, { description: 'The changes.' }) input: UpdateItemInput,
  ): Promise<ItemUpdatedType | UnknownItemType> {
    const item = await services.catalogue.updateItem(input.id, patchOf(input, now()));
    return item === null
      ? { itemId: input.id, message: new ItemNotFoundError(input.id).message }
      : { item: toItem(item) };
  }
}

/** The fields that are given, checked like those of an import. Throws InvalidInputError. */
function patchOf({ id, title, category, tags, isAvailable }: UpdateItemInput, now: number): ItemPatch {
  // A title is required there; any valid text stands for the title that stays.
  const row = { id, title: title ?? id, category, tags, isAvailable: isAvailable ?? true };
  const { items, rejected } = checkItems([row], now);
  if (rejected.length > 0) throw new InvalidInputError(rejected[0].reason, 'input');
  const checked = items[0];
  return {
    ...(title != null && { title: checked.title }),
    ...(category != null && { category: checked.category }),
    ...(tags != null && { tags: checked.tags }),
    ...(isAvailable != null && { isAvailable }),
  };
}
