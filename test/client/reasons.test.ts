import { describe, expect, it } from 'vitest';

import {
  findRepeats,
  partsOf,
  reasonOfRow,
  strongestReason,
  type ExplanationLike,
  type Reason,
} from '../../client/composables/reasons.js';

function explanation(
  parts: Partial<Omit<ExplanationLike, 'items' | 'total'>>,
  items: Record<string, number> = {},
) {
  const { persona = 0, popularity = 0, sequence = 0, otherItems = 0 } = parts;
  const { sequenceItem = null, newLikeItem = null } = parts;
  const entries = Object.entries(items).map(([title, contribution]) => ({
    contribution,
    item: { id: title.toLowerCase(), title },
  }));
  const own = entries.reduce((sum, { contribution }) => sum + contribution, 0);
  const total = persona + popularity + sequence + otherItems + own;
  return { persona, popularity, sequence, sequenceItem, newLikeItem, otherItems, items: entries, total };
}
const nobody = () => null;

describe('The parts of a score', () => {
  it('sum to the score', () => {
    const exact = explanation(
      { persona: 0.2, popularity: -0.1, sequence: 0.3, otherItems: 0.05 },
      { Lamp: 0.4, Chair: -0.15 },
    );
    const sum = Object.values(partsOf(exact)).reduce((total, part) => total + part, 0);
    expect(sum).toBeCloseTo(exact.total, 12);
    expect(partsOf(exact).items).toBeCloseTo(0.25, 12);
  });
});

describe('The strongest reason', () => {
  it('is the item with the largest contribution, with its thumb', () => {
    const liked = strongestReason(explanation({ persona: 0.1 }, { Chair: -0.9, Lamp: 1.2 }), (id) =>
      id === 'lamp' ? 'UP' : null,
    );
    expect(liked).toEqual({ kind: 'item', id: 'lamp', title: 'Lamp', opinion: 'UP', hasMore: false });
  });

  it('is no other item where the row itself was looked at before', () => {
    const again = explanation({}, { Lamp: 1.2 });
    expect(reasonOfRow({ item: { id: 'lamp' }, explanation: again }, nobody)).toEqual({ kind: 'itself' });
    expect(reasonOfRow({ item: { id: 'chair' }, explanation: again }, nobody)).toMatchObject({ id: 'lamp' });
  });

  it('is the latest item if the sequence part is the largest', () => {
    const sequenceItem = { id: 'lamp', title: 'Lamp' };
    expect(strongestReason(explanation({ sequence: 1, sequenceItem }, { Chair: 0.4 }), nobody)).toEqual({
      kind: 'sequence',
      id: 'lamp',
      title: 'Lamp',
    });
    expect(strongestReason(explanation({ sequence: 1 }), nobody)).toEqual({ kind: 'history' });
  });

  it('is the likeness of an item that is newer than the model', () => {
    const newLikeItem = { id: 'lamp', title: 'Lamp' };
    expect(strongestReason(explanation({ newLikeItem, persona: 1 }, { Chair: 0.4 }), nobody)).toEqual({
      kind: 'new',
      id: 'lamp',
      title: 'Lamp',
    });
  });

  it('does not claim a thumb without a thumb', () => {
    expect(strongestReason(explanation({}, { Lamp: 1 }), nobody)).toMatchObject({
      kind: 'item',
      opinion: null,
    });
  });

  it('reports further items if the best item contributes less than half', () => {
    const spread = explanation({ otherItems: 0.5 }, { Lamp: 0.4, Chair: 0.3 });
    expect(strongestReason(spread, nobody)).toMatchObject({ title: 'Lamp', hasMore: true });
  });

  it('is the persona or popularity if it outweighs all items together', () => {
    expect(strongestReason(explanation({ persona: 0.5, popularity: 0.2 }, { Lamp: 0.3 }), nobody).kind).toBe(
      'persona',
    );
    expect(strongestReason(explanation({ persona: 0.1, popularity: 0.4 }, { Lamp: 0.3 }), nobody).kind).toBe(
      'popularity',
    );
  });

  it('is the whole history if no single item can be named', () => {
    expect(strongestReason(explanation({ otherItems: 0.6 }), nobody).kind).toBe('history');
    expect(strongestReason(explanation({ otherItems: 0.6 }, { Lamp: -0.1 }), nobody).kind).toBe('history');
  });

  it('is none if no part is positive', () => {
    expect(
      strongestReason(explanation({ persona: -0.1, popularity: -0.2 }, { Lamp: -0.3 }), nobody).kind,
    ).toBe('none');
    expect(strongestReason(explanation({}), nobody).kind).toBe('none');
  });
});

describe('A reason that repeats', () => {
  const item = (id: string): Reason => ({ kind: 'item', id, title: id, opinion: null, hasMore: false });
  const rows = (ids: string) => [...ids].map(item);

  it('is given in full twice, and in short from the third row on', () => {
    expect(findRepeats(rows('aabaca'))).toEqual([false, false, false, true, false, true]);
  });

  it('is given in full again when ten rows have gone by', () => {
    const repeats = findRepeats(rows('a'.repeat(14)));
    expect(repeats.map((isRepeat) => (isRepeat ? '-' : 'F')).join('')).toBe('FF--------FF--');
  });

  it('is another one when the kind differs, and the same one whatever the thumb on its item', () => {
    const sequence: Reason = { kind: 'sequence', id: 'a', title: 'a' };
    const liked: Reason = { kind: 'item', id: 'a', title: 'a', opinion: 'UP', hasMore: true };
    expect(findRepeats([item('a'), item('a'), sequence, liked])).toEqual([false, false, false, true]);
    const popular: Reason = { kind: 'popularity' };
    expect(findRepeats([popular, popular, popular, { kind: 'persona' }])).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});
