import { effectScope, nextTick, ref } from 'vue';
import { describe, expect, it } from 'vitest';

import { compareLists, isStill } from '../../client/composables/list-changes.js';
import { useHeldList, type RevisedList } from '../../client/composables/useHeldList.js';

const list = (revision: number, ids: string): RevisedList => ({
  revision,
  items: [...ids].map((id) => ({ item: { id } })),
});
const idsOf = (shown: RevisedList | null) => shown?.items.map(({ item }) => item.id).join('') ?? null;

function setUp() {
  const isHeld = ref(false);
  const isAnswering = ref(false);
  const held = effectScope().run(() => useHeldList<RevisedList>(isHeld, isAnswering))!;
  return { isHeld, isAnswering, held, shown: () => idsOf(held.shown.value) };
}

describe('The difference between two lists', () => {
  it('reports added and removed items, and the ranks that items moved', () => {
    const change = compareLists(list(1, 'abcd'), list(2, 'bxad'));
    expect(change.added).toEqual(['x']);
    expect(change.removed).toEqual(['c']);
    expect([...change.moved]).toEqual([
      ['b', 1],
      ['a', -2],
    ]);
  });

  it('is still if only scores differ', () => {
    expect(isStill(compareLists(list(1, 'abc'), list(2, 'abc')))).toBe(true);
    expect(isStill(compareLists(list(1, 'abc'), list(2, 'acb')))).toBe(false);
    expect(isStill(compareLists(list(1, 'abc'), list(2, 'ab')))).toBe(false);
  });
});

describe('A held list', () => {
  it('shows the first list without calling its items new', () => {
    const { held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    expect(shown()).toBe('abc');
    expect(isStill(held.change.value)).toBe(true);
  });

  it('shows a pushed list at once while the pointer is elsewhere, with its changes and latency', () => {
    const { held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    held.offer({ list: list(2, 'cab'), latencyMs: 6 });
    expect(shown()).toBe('cab');
    expect(held.change.value.moved.get('c')).toBe(2);
    expect(held.latencyMs.value).toBe(6);
    expect(held.waitingChange.value).toBeNull();
  });

  it('holds a pushed list while the pointer is on the list, and shows it afterwards', async () => {
    const { isHeld, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    held.offer({ list: list(2, 'xab'), latencyMs: 6 });
    expect(shown()).toBe('abc');
    expect(held.waitingChange.value?.added).toEqual(['x']);

    isHeld.value = false;
    await nextTick();
    expect(shown()).toBe('xab');
    expect(held.waitingChange.value).toBeNull();
  });

  it('shows the newest waiting list on request', () => {
    const { isHeld, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    held.offer({ list: list(2, 'xab'), latencyMs: 6 });
    held.offer({ list: list(3, 'xya'), latencyMs: 7 });
    held.showWaiting();
    expect(shown()).toBe('xya');
    expect(held.latencyMs.value).toBe(7);
  });

  it('shows a list caused by the user at once, even while pointing', () => {
    const { isHeld, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    held.offer({ list: list(2, 'bca'), latencyMs: 5 });
    held.offer({ list: list(2, 'bca'), latencyMs: 5, isOwn: true });
    expect(shown()).toBe('bca');
    expect(held.waitingChange.value).toBeNull();
  });

  it('updates figures at once if no item would move', () => {
    const { isHeld, held } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    const next = list(2, 'abc');
    held.offer({ list: next, latencyMs: 5 });
    expect(held.shown.value).toBe(next);
    expect(held.waitingChange.value).toBeNull();
  });

  it('never replaces a shown or waiting list by an older list', () => {
    const { isHeld, held, shown } = setUp();
    held.offer({ list: list(5, 'abc'), latencyMs: null });
    held.offer({ list: list(4, 'cba'), latencyMs: 6, isOwn: true });
    expect(shown()).toBe('abc');
    isHeld.value = true;
    held.offer({ list: list(7, 'bca'), latencyMs: 6 });
    held.offer({ list: list(6, 'cab'), latencyMs: 6 });
    held.showWaiting();
    expect(shown()).toBe('bca');
  });

  it('accepts lower revisions after forgetRevision', () => {
    const { held, shown } = setUp();
    held.offer({ list: list(5, 'abc'), latencyMs: null });
    held.forgetRevision();
    held.offer({ list: list(1, 'cba'), latencyMs: null });
    expect(shown()).toBe('cba');
  });

  it('waits with the list of a thumb until its row has answered, pointed at or not', () => {
    const { isHeld, isAnswering, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    isAnswering.value = true;
    // The push of the same list may come before the answer or after it.
    held.offer({ list: list(2, 'bcd'), latencyMs: 6 });
    expect(held.waitingChange.value).toBeNull();
    held.offer({ list: list(2, 'bcd'), latencyMs: 5, isOwn: true });
    held.offer({ list: list(2, 'bcd'), latencyMs: 7 });
    expect(shown()).toBe('abc');
    isAnswering.value = false;
    expect(shown()).toBe('bcd');
    expect(held.change.value.removed).toEqual(['a']);
  });

  it('still waits for the reader with a list of others when a row has answered', () => {
    const { isHeld, isAnswering, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isHeld.value = true;
    isAnswering.value = true;
    held.offer({ list: list(2, 'bca'), latencyMs: 5 });
    isAnswering.value = false;
    expect(shown()).toBe('abc');
    isHeld.value = false;
    expect(shown()).toBe('bca');
  });

  it('shows another list that was asked for while a row answers', () => {
    const { isAnswering, held, shown } = setUp();
    held.offer({ list: list(1, 'abc'), latencyMs: null });
    isAnswering.value = true;
    held.offer({ list: list(1, 'xyz'), latencyMs: null, isOther: true });
    expect(shown()).toBe('xyz');
  });
});
