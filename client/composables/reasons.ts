/** Derives the parts of the score bar and the strongest reason from an exact explanation. */

export interface ExplanationLike {
  readonly persona: number;
  readonly popularity: number;
  readonly sequence: number;
  readonly sequenceItem: { readonly id: string; readonly title: string } | null;
  readonly newLikeItem: { readonly id: string; readonly title: string } | null;
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
      readonly id: string;
      readonly title: string;
      readonly opinion: 'UP' | 'DOWN' | null;
      readonly hasMore: boolean;
    }
  /** Users often interact with it soon after an item that the viewer interacted with last. */
  | { readonly kind: 'sequence'; readonly id: string; readonly title: string }
  /** The recommended item is newer than the model, and this item is like it. */
  | { readonly kind: 'new'; readonly id: string; readonly title: string }
  /** `itself`: the recommended item is in the viewer's history. */
  | { readonly kind: 'itself' | 'persona' | 'popularity' | 'history' | 'none' };

/** A row of a list. */
export interface RowLike {
  readonly item: { readonly id: string };
  readonly explanation: ExplanationLike;
}

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

/** Like `strongestReason`; an item is no reason for itself. */
export function reasonOfRow(
  { item, explanation }: RowLike,
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | null,
): Reason {
  const reason = strongestReason(explanation, opinionOf);
  return 'id' in reason && reason.id === item.id ? { kind: 'itself' } : reason;
}

/** The largest positive part: the viewer's items together, the sequence, the persona, or popularity. */
export function strongestReason(
  explanation: ExplanationLike,
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | null,
): Reason {
  if (explanation.newLikeItem !== null) {
    const { id, title } = explanation.newLikeItem;
    return { kind: 'new', id, title };
  }
  const parts = partsOf(explanation);
  const own = parts.items + parts.otherItems;
  const strongest = Math.max(own, parts.sequence, parts.persona, parts.popularity);
  if (!(strongest > 0)) return { kind: 'none' };
  if (strongest === own) return itemReason(explanation, own, opinionOf);
  if (strongest === parts.sequence) {
    const { sequenceItem } = explanation;
    return sequenceItem === null ? { kind: 'history' } : { kind: 'sequence', ...sequenceItem };
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
    id: top.item.id,
    title: top.item.title,
    opinion: opinionOf(top.item.id),
    // An item that contributes less than half of the part is not the only reason.
    hasMore: top.contribution < own / 2,
  };
}

/** Full sentences per cause within `WINDOW` rows. */
const FULL_PER_WINDOW = 2;
const WINDOW = 10;

/**
 * Marks the rows whose cause already has two full sentences within the nine rows before. They get a short form, so that
 * a list does not repeat a sentence.
 */
export function findRepeats(reasons: readonly Reason[]): boolean[] {
  const fullRows = new Map<string, number[]>();
  return reasons.map((reason, row) => {
    const cause = 'id' in reason ? `${reason.kind}:${reason.id}` : reason.kind;
    const near = (fullRows.get(cause) ?? []).filter((earlier) => row - earlier < WINDOW);
    const isRepeat = near.length >= FULL_PER_WINDOW;
    if (!isRepeat) near.push(row);
    fullRows.set(cause, near);
    return isRepeat;
  });
}
