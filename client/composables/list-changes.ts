/** Differences between two ranked lists. */

export interface RankedItems {
  readonly items: readonly { readonly item: { readonly id: string } }[];
}

export interface ListChange {
  /** Added ids, in the new order. */
  readonly added: readonly string[];
  /** Removed ids, in the old order. */
  readonly removed: readonly string[];
  /** For ids in both lists at different ranks: ranks moved up (positive) or down. */
  readonly moved: ReadonlyMap<string, number>;
}

export const NO_CHANGE: ListChange = { added: [], removed: [], moved: new Map() };

export function compareLists(before: RankedItems, after: RankedItems): ListChange {
  const oldPlace = placesOf(before);
  const newPlace = placesOf(after);
  const moved = new Map<string, number>();
  for (const [id, place] of newPlace) {
    const old = oldPlace.get(id);
    if (old !== undefined && old !== place) moved.set(id, old - place);
  }
  return {
    added: [...newPlace.keys()].filter((id) => !oldPlace.has(id)),
    removed: [...oldPlace.keys()].filter((id) => !newPlace.has(id)),
    moved,
  };
}

/** True if no row changes its place. */
export function isStill(change: ListChange): boolean {
  return change.added.length === 0 && change.removed.length === 0 && change.moved.size === 0;
}

function placesOf({ items }: RankedItems): Map<string, number> {
  return new Map(items.map(({ item }, place) => [item.id, place]));
}
