/**
 * Checks each row of importItems.
 */

import type { ItemInput, RejectedItemType } from '../../schema/index.js';
import type { Item } from '../domain/index.js';
import { MAX_ID_CHARACTERS } from '../domain/index.js';

const MAX_TITLE = 1_000;
const MAX_TEXT = 200;
const MAX_ATTRIBUTE = 2_000;
const MAX_LIST = 100;

/** Splits rows into valid items, and rejected rows with a reason. `now` is the default creation time. */
export function checkItems(
  rows: readonly ItemInput[],
  now: number,
): { items: Item[]; rejected: RejectedItemType[] } {
  const items: Item[] = [];
  const rejected: RejectedItemType[] = [];
  const trimmed = rows.map(withoutBlanks);
  const flaws = trimmed.map(flawOf);
  const last = new Map(
    trimmed.flatMap(({ id }, index) => (flaws[index] === null ? [[id, index] as const] : [])),
  );
  trimmed.forEach((row, index) => {
    const counting = last.get(row.id);
    const isRepeat = counting !== undefined && counting !== index;
    const reason = flaws[index] ?? (isRepeat ? `Row ${counting} has the same id and is used instead.` : null);
    if (reason === null) items.push(toDomain(row, now));
    else rejected.push({ index, itemId: row.id.slice(0, MAX_ID_CHARACTERS).toWellFormed(), reason });
  });
  return { items, rejected };
}

/** Surrounding whitespace is ignored, as in files; an unpaired surrogate, as in a truncated emoji, becomes U+FFFD. */
function withoutBlanks(row: ItemInput): ItemInput {
  const plain = (text: string) => text.trim().toWellFormed();
  return {
    ...row,
    id: row.id.trim(),
    title: plain(row.title),
    category: row.category == null ? row.category : plain(row.category),
    tags: row.tags?.map(plain),
    attributes: row.attributes?.map(({ name, value }) => ({ name: plain(name), value: plain(value) })),
    locale: row.locale == null ? row.locale : plain(row.locale) || null,
  };
}

function flawOf(row: ItemInput): string | null {
  const tags = row.tags ?? [];
  const attributes = row.attributes ?? [];
  if (row.id === '') return 'The id is empty.';
  if (!row.id.isWellFormed()) return 'The id holds half a character (an emoji cut in two).';
  if (row.id.length > MAX_ID_CHARACTERS) return `The id is longer than ${MAX_ID_CHARACTERS} characters.`;
  if (row.title === '') return 'The title is empty.';
  if (row.title.length > MAX_TITLE) return `The title is longer than ${MAX_TITLE} characters.`;
  if ((row.category ?? '').length > MAX_TEXT) return `The category is longer than ${MAX_TEXT} characters.`;
  if ((row.locale ?? '').length > MAX_TEXT) return `The locale is longer than ${MAX_TEXT} characters.`;
  if (tags.length > MAX_LIST) return `There are more than ${MAX_LIST} tags.`;
  if (tags.some((tag) => tag === '' || tag.length > MAX_TEXT)) {
    return `A tag is empty or longer than ${MAX_TEXT} characters.`;
  }
  if (attributes.length > MAX_LIST) return `There are more than ${MAX_LIST} attributes.`;
  if (attributes.some(({ name }) => !/^[^.$\0][^.\0]{0,199}$/.test(name))) {
    return 'The name of an attribute is empty, too long, begins with "$" or has a dot in it.';
  }
  if (attributes.some(({ value }) => value.length > MAX_ATTRIBUTE)) {
    return `The value of an attribute is longer than ${MAX_ATTRIBUTE} characters.`;
  }
  return null;
}

function toDomain(row: ItemInput, now: number): Item {
  return {
    itemId: row.id,
    title: row.title,
    category: row.category ?? '',
    tags: [...new Set(row.tags ?? [])],
    attributes: Object.fromEntries((row.attributes ?? []).map(({ name, value }) => [name, value])),
    locale: row.locale ?? null,
    createdAt: row.createdAt ?? now,
    isAvailable: row.isAvailable,
  };
}
