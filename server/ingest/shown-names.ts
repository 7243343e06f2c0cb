/**
 * Stage 1: column names that may be shown. In a transposed table each user is a column, and the header line contains
 * user ids.
 */

const DIGITS = /\d+/g;
/** An address, a number, or a text with the long runs of digits or hex digits typical of keys. */
const KEY_LIKE = /@|^[-+\d\s.,]+$|\d{3,}|(?=[a-f]*\d)[0-9a-f]{8,}/i;
/** Min number of names that differ only by a number (u1, u2, u3) to be ids. */
const MIN_NUMBERED = 3;

/** Returns `names` without ids, in order, plus an entry that counts the hidden names. */
export function shownNames(names: readonly string[]): string[] {
  const shapes = new Map<string, number>();
  for (const name of names) shapes.set(shapeOf(name), (shapes.get(shapeOf(name)) ?? 0) + 1);
  const isId = (name: string) =>
    KEY_LIKE.test(name) || (/\d/.test(name) && shapes.get(shapeOf(name))! >= MIN_NUMBERED);
  const shown = names.filter((name) => !isId(name));
  const hidden = names.length - shown.length;
  if (hidden === 0) return shown;
  return [...shown, hidden === 1 ? '1 that looks like an id' : `${hidden} that look like ids`];
}

function shapeOf(name: string): string {
  return name.replace(DIGITS, '0');
}
