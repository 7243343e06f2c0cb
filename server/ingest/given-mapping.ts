/**
 * Stage 1: mapping options given by the user, from flags, a YAML file or a JSON object, all with the same keys and
 * checks. Missing options are detected.
 */

import { InvalidInputError } from '../domain/index.js';

import { fieldNames, isFieldName } from './column-names.js';
import { plainWord, wordMeaning } from './event-words.js';
import type { WordMeaning } from './event-words.js';
import { checkThresholds, parseScale } from './rating-scale.js';
import type { Scale } from './rating-scale.js';
import { encodingNamed } from './text-encoding.js';
import type { DateOrder } from './time-values.js';

export interface GivenMapping {
  /** Column name (or, without a header line, its number from 1) per field; '' leaves a field out. */
  readonly columns: ReadonlyMap<string, string>;
  readonly delimiter?: string;
  readonly encoding?: string;
  /** Meanings per plain word. */
  readonly types: ReadonlyMap<string, WordMeaning>;
  /** Event type of every row, for a file without a type column. */
  readonly everyType?: WordMeaning;
  /** Order of day and month in dates like 01/10/2019. */
  readonly dates?: DateOrder;
  readonly scale?: Scale;
  readonly likeAt?: number;
  readonly dislikeAt?: number;
  /** Makes items missing from the file unavailable. Default false. */
  readonly prune: boolean;
  /** Creates items for ids missing from the catalogue. Default false. */
  readonly itemsFromEvents: boolean;
}

export const NOTHING_GIVEN: GivenMapping = {
  columns: new Map(),
  types: new Map(),
  prune: false,
  itemsFromEvents: false,
};

/** The keys, as in flags and files. */
export const MAPPING_KEYS = [
  'map',
  'delimiter',
  'encoding',
  'type',
  'dates',
  'scale',
  'like-at',
  'dislike-at',
  'prune',
  'items-from-events',
] as const;
type MappingKey = (typeof MAPPING_KEYS)[number];

const DELIMITERS: Readonly<Record<string, string>> = {
  tab: '\t',
  '\\t': '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
};
const MAX_DELIMITER = 3;

/**
 * Parses mapping keys. `map` and `type` are texts like `userId=visitorid,timestamp=event_time`, lists of such texts, or
 * objects; the rest are texts, numbers or booleans. Throws InvalidInputError for unknown keys and invalid values.
 */
export function parseMapping(keys: Readonly<Record<string, unknown>>): GivenMapping {
  for (const key of Object.keys(keys)) {
    if (!(MAPPING_KEYS as readonly string[]).includes(key))
      throw new InvalidInputError(
        `"${key}" is not a mapping key; use ${MAPPING_KEYS.join(', ')}.`,
        'mapping',
      );
  }
  const value = (key: MappingKey): unknown => keys[key] ?? undefined;
  const { types, everyType } = parseTypes(value('type'));
  const given: GivenMapping = {
    columns: parseColumns(value('map')),
    types,
    everyType,
    delimiter: parseDelimiter(text(value('delimiter'), 'delimiter')),
    encoding: optional(text(value('encoding'), 'encoding'), encodingNamed),
    dates: optional(text(value('dates'), 'dates'), parseDates),
    scale: optional(text(value('scale'), 'scale'), parseScale),
    likeAt: numberOf(value('like-at'), 'like-at'),
    dislikeAt: numberOf(value('dislike-at'), 'dislike-at'),
    prune: flag(value('prune'), 'prune'),
    itemsFromEvents: flag(value('items-from-events'), 'items-from-events'),
  };
  checkThresholds(given);
  return given;
}

function parseColumns(value: unknown): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  for (const [field, column] of pairs(value, 'map')) {
    if (!isFieldName(field))
      throw new InvalidInputError(
        `"${field}" is not a field; --map takes FIELD=COLUMN with one of ${fieldNames().join(', ')}.`,
        'map',
      );
    if (column === undefined)
      throw new InvalidInputError(`--map takes FIELD=COLUMN; "${field}" names no column.`, 'map');
    columns.set(field, column);
  }
  return columns;
}

function parseTypes(value: unknown): Pick<GivenMapping, 'types' | 'everyType'> {
  const types = new Map<string, WordMeaning>();
  let everyType: WordMeaning | undefined;
  for (const [word, meaning] of pairs(value, 'type')) {
    if (meaning === undefined) everyType = wordMeaning(word);
    else types.set(plainWord(word), wordMeaning(meaning));
  }
  return { types, everyType };
}

/** Splits `a=b,c=d`, a list of such texts, or an object into pairs; the right side is undefined without a "=". */
function pairs(value: unknown, key: MappingKey): [left: string, right: string | undefined][] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => pairs(entry, key));
  if (typeof value === 'object')
    return Object.entries(value as object).map(([left, right]) => [left, text(right ?? '', key) ?? '']);
  return (text(value, key) ?? '')
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? [pair.trim(), undefined]
        : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    });
}

function parseDelimiter(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const delimiter = DELIMITERS[given.toLowerCase()] ?? given;
  if (delimiter === '' || delimiter.length > MAX_DELIMITER || /[\p{L}\p{N}"\r\n]/u.test(delimiter))
    throw new InvalidInputError(
      'The delimiter must be one to three characters such as ";", "|" or "::", or the word tab.',
      'delimiter',
    );
  return delimiter;
}

function parseDates(given: string): DateOrder {
  const word = given.trim().toLowerCase();
  if (word === 'day-first' || word === 'month-first') return word;
  throw new InvalidInputError('"dates" must be day-first or month-first.', 'dates');
}

function text(value: unknown, key: MappingKey): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new InvalidInputError(`"${key}" must be a text.`, key);
}

function numberOf(value: unknown, key: MappingKey): number | undefined {
  const given = text(value, key);
  if (given === undefined) return undefined;
  const number = given.trim() === '' ? Number.NaN : Number(given);
  if (!Number.isFinite(number)) throw new InvalidInputError(`--${key} needs a number, not "${given}".`, key);
  return number;
}

function flag(value: unknown, key: MappingKey): boolean {
  if (value === undefined || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw new InvalidInputError(`"${key}" must be true or false.`, key);
}

function optional<T, U>(value: T | undefined, convert: (value: T) => U): U | undefined {
  return value === undefined ? undefined : convert(value);
}
