/** Finds integers that JSON.parse has rounded: a 64-bit id sent as a number would refer to a different user or item. */

/** JSON serializes larger numbers with an exponent, so they are not ids. */
const MAX_DIGITS = 1e21;

/** The error message for a rounded integer in `variables`; null if none. It does not repeat the number, which may be an id. */
export function roundedIntegerProblem(variables: unknown): string | null {
  const path = pathToRounded(variables, 'variables');
  return path === null
    ? null
    : `${path} is a number beyond 2^53, whose last digits are lost in JSON; send it as a string.`;
}

function pathToRounded(value: unknown, path: string): string | null {
  if (typeof value === 'number')
    return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < MAX_DIGITS
      ? path
      : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, entry] of Object.entries(value)) {
    const found = pathToRounded(entry, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}
