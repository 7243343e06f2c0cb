/** Compares two ranked lists. */

interface Ranked {
  readonly rank: number;
  readonly item: { readonly id: string };
}

export interface RankChange {
  /** Places gained (above 0) or lost against the other list; null for an item that the other list lacks. */
  readonly by: number | null;
}

/** For each entry of `list`, its change against `other`. */
export function rankChanges(list: readonly Ranked[], other: readonly Ranked[]): RankChange[] {
  const ranks = new Map(other.map(({ rank, item }) => [item.id, rank]));
  return list.map(({ rank, item }) => {
    const before = ranks.get(item.id);
    return { by: before === undefined ? null : before - rank };
  });
}
