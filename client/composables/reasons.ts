/** Derives the parts of the score bar and the strongest reason from an exact explanation. */

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

/** `item`: an item of the viewer's history; `opinion` is the viewer's thumb on it. */
export type Reason =
  | {
      readonly kind: 'item';
      readonly title: string;
      readonly opinion: 'UP' | 'DOWN' | null;
      readonly hasMore: boolean;
    }
  /** Users often interact with it soon after an item that the viewer interacted with last. */
  | { readonly kind: 'sequence'; readonly title: string }
  | { readonly kind: 'persona' | 'popularity' | 'history' | 'none' };

/** The parts of the score bar; they sum to the score. */
export function partsOf(explanation: ExplanationLike): Readonly<Record<Part, number>> {
  return {
    items: explanation.items.reduce((sum, { contribution }) => sum + contribution, 0),
    sequence: explanation.sequence,
    persona: explanation.persona,
    popularity: explanation.popularity,
    otherItems: explanation.otherItems,
  };
}

/** The largest positive part: the viewer's items together, the sequence, the persona, or popularity. */
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
    // An item that contributes less than half of the part is not the only reason.
    hasMore: top.contribution < own / 2,
  };
}
