/** Names that every plain object inherits: data may hold any of them as a category, a tag, a device or an id. */

export const PROTOTYPE_NAMES = [
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__proto__',
  'isPrototypeOf',
] as const;

/** A record with these keys as its own, as a JSON parser makes it. */
export function recordOf<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries);
}
