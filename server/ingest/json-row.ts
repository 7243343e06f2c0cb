/** Stage 1: a JSON object as a row of plain values. */

import { RowProblem } from './row-problem.js';

/** A number with this many digits may exceed the exact range of a JavaScript number. */
const MAY_BE_UNSAFE = /\d{16}|\.\d{15}/;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** An escaped surrogate; a complete pair has two of them. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/;

/**
 * Parses a JSON object. Integers beyond 2^53 become texts with all their digits. Throws RowProblem for anything but an
 * object.
 */
export function parseRow(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(MAY_BE_UNSAFE.test(text) ? withExactIntegers(text) : text);
  } catch {
    throw new RowProblem(null, 'the line is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RowProblem(null, 'the line is not a JSON object');
  return value as Record<string, unknown>;
}

/** Whether a JSON text may contain a lone surrogate, such as an emoji cut in two. */
export function mayHoldHalfCharacters(text: string): boolean {
  return HALF_CHARACTER.test(text);
}

/** Whether a value has parts that a table cell cannot hold. Lists, and lists of lists, are fine. */
export function isNested(value: unknown): boolean {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null;
  return value.flat().some((entry) => typeof entry === 'object' && entry !== null);
}

/** Formats a value like a CSV cell: lists are joined with "|". */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value.trim();
  if (Array.isArray(value)) return value.map(cellOf).join('|');
  return String(value as number | boolean);
}

/** Quotes integers that parsing would round. Numbers inside texts are left alone. */
function withExactIntegers(text: string): string {
  return text.replace(TOKENS, (token) =>
    token.length >= 16 && !token.startsWith('"') && Math.abs(Number(token)) > Number.MAX_SAFE_INTEGER
      ? `"${token}"`
      : token,
  );
}
