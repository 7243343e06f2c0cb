/** Finds integers that JSON.parse has rounded: ids of 64 bits that were sent as numbers would name somebody else. */

/** From here on numbers are written with an exponent, and are no ids. */
const MAX_DIGITS = 1e21;

/** What to tell the sender of such variables; null where there are none. The number is not repeated. */
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
