/** Reads an exact explanation: its parts for the bar, and the strongest reason for the sentence. */

export interface ExplanationLike {
  readonly persona: number;
  readonly popularity: number;
  readonly sequence: number;
  readonly sequenceItem: { readonly id: string; readonly title: string } | null;
  readonly otherItems: number;
  readonly total: number;
  readonly items: readonly {
    readonly contribution: number;
    readonly item: { readonly id: string; readonly title: string };
  }[];
}

export const PARTS = ['items', 'sequence', 'persona', 'popularity', 'otherItems'] as const;
export type Part = (typeof PARTS)[number];

/** `item`: because of one of the viewer's own items; `opinion` is the viewer's thumb on it. */
export type Reason =
  | {
      readonly kind: 'item';
      readonly title: string;
      readonly opinion: 'UP' | 'DOWN' | null;
      readonly hasMore: boolean;
    }
  /** Because others came to it soon after an item that the viewer came to last. */
  | { readonly kind: 'sequence'; readonly title: string }
  | { readonly kind: 'persona' | 'popularity' | 'history' | 'none' };

/** The score, cut into what the bar shows. Sums to the total. */
export function partsOf(explanation: ExplanationLike): Readonly<Record<Part, number>> {
  return {
    items: explanation.items.reduce((sum, { contribution }) => sum + contribution, 0),
    sequence: explanation.sequence,
    persona: explanation.persona,
    popularity: explanation.popularity,
    otherItems: explanation.otherItems,
  };
}

/** What raised the score most: the viewer's items taken together, what follows the latest, the persona, or popularity. */
export function strongestReason(
  explanation: ExplanationLike,
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | null,
): Reason {
  const parts = partsOf(explanation);
  const own = parts.items + parts.otherItems;
  const strongest = Math.max(own, parts.sequence, parts.persona, parts.popularity);
  if (!(strongest > 0)) return { kind: 'none' };
  if (strongest === own) return itemReason(explanation, own, opinionOf);
  if (strongest === parts.sequence) {
    const { sequenceItem } = explanation;
    return sequenceItem === null ? { kind: 'history' } : { kind: 'sequence', title: sequenceItem.title };
  }
  return { kind: strongest === parts.persona ? 'persona' : 'popularity' };
}

function itemReason(
  { items }: ExplanationLike,
  own: number,
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | null,
): Reason {
  const [first, ...rest] = items;
  if (first === undefined) return { kind: 'history' };
  const top = rest.reduce((best, entry) => (entry.contribution > best.contribution ? entry : best), first);
  if (top.contribution <= 0) return { kind: 'history' };
  return {
    kind: 'item',
    title: top.item.title,
    opinion: opinionOf(top.item.id),
    // One item that carries less than half is not the whole story.
    hasMore: top.contribution < own / 2,
  };
}
