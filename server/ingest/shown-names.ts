/**
 * Stage 1: the names of columns that may be shown. In a table turned on its side each user is a column, and the header
 * line holds their ids.
 */

const DIGITS = /\d+/g;
/** An address, a number, or a text with the long runs of digits or hex digits that keys are made of. */
const KEY_LIKE = /@|^[-+\d\s.,]+$|\d{3,}|(?=[a-f]*\d)[0-9a-f]{8,}/i;
/** So many names that differ by a number alone are ids: u1, u2, u3. */
const MIN_NUMBERED = 3;

/** Those of `names` that are no ids, in their order, with one entry for the rest. */
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
