/** An administrator's choices for a file, and the importer mapping built from them. */

export const IMPORT_KINDS = ['items', 'events', 'ratings'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** The answer to `POST /import?preview=true`, as far as the page reads it. */
export interface ImportPreview {
  readonly format: string;
  /** Of CSV; null for JSON. */
  readonly delimiter: string | null;
  readonly encoding: string;
  readonly isCompressed: boolean;
  readonly hasHeader: boolean;
  readonly fields: readonly { readonly field: string; readonly isRequired: boolean }[];
  readonly columns: readonly PreviewColumn[];
  /** The question that stops an import; null if nothing does. */
  readonly question: string | null;
  readonly questionField: string | null;
  readonly rule: RatingRule | null;
  readonly types: readonly {
    readonly word: string;
    readonly meaning: string | null;
    readonly count: number;
  }[];
  /** Rows that were checked, and how many of them an import would refuse. */
  readonly nChecked: number;
  readonly rejected: number;
  readonly reasons: readonly RejectReason[];
}

export interface PreviewColumn {
  readonly name: string;
  readonly field: string | null;
  /** False: cells are replaced by "text", "number" or "time". */
  readonly isShown: boolean;
  readonly isNested: boolean;
  readonly cells: readonly string[];
}

export interface RatingRule {
  readonly least: number;
  readonly most: number;
  readonly likeAt: number;
  readonly dislikeAt: number;
  readonly origin: 'given' | 'recognised' | 'assumed';
}

export interface RejectReason {
  readonly column: string | null;
  readonly reason: string;
  readonly count: number;
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

/** The four numbers that define a rating scale. */
export const SCALE_INPUTS = ['least', 'most', 'likeAt', 'dislikeAt'] as const;
export type ScaleInput = (typeof SCALE_INPUTS)[number];

export interface ImportChoices {
  /** The column by field; '' leaves the field out. */
  readonly columns: Readonly<Record<string, string>>;
  /** Meanings by word. */
  readonly types: Readonly<Record<string, string>>;
  /** The type of every row of events without a column of types; '' for none. */
  readonly everyType: string;
  /** As typed; null if untouched, and then the value detected by the importer is shown. */
  readonly scale: Readonly<Record<ScaleInput, string | null>>;
  /** '' lets the importer detect it. */
  readonly delimiter: string;
  readonly encoding: string;
  /** Order in dates like 01/10/2019: day-first, month-first, or '' to detect it. */
  readonly dates: string;
  readonly itemsFromEvents: boolean;
}

export const NO_CHOICES: ImportChoices = {
  columns: {},
  types: {},
  everyType: '',
  scale: { least: null, most: null, likeAt: null, dislikeAt: null },
  delimiter: '',
  encoding: '',
  dates: '',
  itemsFromEvents: false,
};

/** The keys of `--mapping` that the page sets. */
export interface Mapping {
  map?: Readonly<Record<string, string>>;
  type?: string | Readonly<Record<string, string>>;
  scale?: string;
  'like-at'?: number;
  'dislike-at'?: number;
  delimiter?: string;
  encoding?: string;
  dates?: string;
  'items-from-events'?: boolean;
}

/** Maps a column to a field; '' leaves it out. A field has a single column, so its previous column is unmapped. */
export function withColumn(
  choices: ImportChoices,
  { columns }: Pick<ImportPreview, 'columns'>,
  column: string,
  field: string,
): ImportChoices {
  const before = columns.find(({ name }) => name === column)?.field ?? null;
  const left = before === null || before === field ? {} : { [before]: '' };
  const taken = field === '' ? {} : { [field]: column };
  return { ...choices, columns: { ...choices.columns, ...left, ...taken } };
}

/** The fault in the typed numbers; null if there is none. */
export function scaleFault({ scale }: ImportChoices): 'number' | 'scale' | 'thresholds' | null {
  const [least, most, likeAt, dislikeAt] = SCALE_INPUTS.map((input) => typed(scale[input]));
  if ([least, most, likeAt, dislikeAt].some((value) => Number.isNaN(value))) return 'number';
  if (least !== null && most !== null && !(least! < most!)) return 'scale';
  if (likeAt !== null && dislikeAt !== null && !(dislikeAt! < likeAt!)) return 'thresholds';
  return null;
}

/** Only the explicit choices, for the next preview. */
export function chosenMapping(
  kind: ImportKind,
  choices: ImportChoices,
  preview: ImportPreview | null,
): Mapping {
  const mapping: Mapping = {};
  const { columns, types, everyType, delimiter, encoding, dates } = choices;
  if (Object.keys(columns).length > 0) mapping.map = columns;
  if (delimiter !== '') mapping.delimiter = delimiter;
  if (encoding !== '') mapping.encoding = encoding;
  if (dates !== '') mapping.dates = dates;
  if (kind === 'events' && everyType !== '') mapping.type = everyType;
  else if (kind === 'events' && Object.keys(types).length > 0) mapping.type = types;
  if (kind === 'ratings') Object.assign(mapping, chosenScale(choices, preview?.rule ?? null));
  if (kind !== 'items' && choices.itemsFromEvents) mapping['items-from-events'] = true;
  return mapping;
}

/** The mapping that the page shows: choices, and detected values for the rest. */
export function wholeMapping(kind: ImportKind, choices: ImportChoices, preview: ImportPreview): Mapping {
  const map = preview.fields.flatMap(({ field }): [string, string][] => {
    const columns = preview.columns.filter((column) => column.field === field);
    // The importer reads availability from several columns, which a mapping cannot name.
    if (columns.length === 1) return [[field, columns[0]!.name]];
    return choices.columns[field] === '' ? [[field, '']] : [];
  });
  const mapping: Mapping = {
    map: Object.fromEntries(map),
    ...withoutMap(chosenMapping(kind, choices, preview)),
  };
  const { rule } = preview;
  if (kind !== 'ratings' || rule === null) return mapping;
  // With thresholds only, the importer takes the scale from the whole file, not from its beginning.
  if (rule.origin !== 'given') mapping.scale = `${rule.least}..${rule.most}`;
  return { ...mapping, 'like-at': rule.likeAt, 'dislike-at': rule.dislikeAt };
}

/** Writes the file for `--mapping`. Strings are quoted as in JSON, which is valid YAML. */
export function mappingYaml(mapping: Mapping): string {
  return Object.entries(mapping)
    .map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'object' || value === null) return `${key}: ${JSON.stringify(value)}\n`;
      const lines = Object.entries(value).map(
        ([left, right]) => `  ${JSON.stringify(left)}: ${JSON.stringify(right)}\n`,
      );
      return lines.length === 0 ? '' : `${key}:\n${lines.join('')}`;
    })
    .join('');
}

function chosenScale({ scale }: ImportChoices, rule: RatingRule | null): Mapping {
  const chosen: Mapping = {};
  const [least, most, likeAt, dislikeAt] = SCALE_INPUTS.map((input) => typed(scale[input]));
  const isTouched = least !== null || most !== null;
  const [from, to] = [least ?? rule?.least, most ?? rule?.most];
  if (isTouched && from !== undefined && to !== undefined) chosen.scale = `${from}..${to}`;
  if (likeAt !== null) chosen['like-at'] = likeAt;
  if (dislikeAt !== null) chosen['dislike-at'] = dislikeAt;
  return chosen;
}

/** Parses typed text: null if empty, NaN if not a number. A decimal comma is accepted. */
function typed(text: string | null): number | null {
  const plain = text?.trim().replace(',', '.') ?? '';
  return plain === '' ? null : Number.isFinite(Number(plain)) ? Number(plain) : Number.NaN;
}

function withoutMap({ map: _map, ...others }: Mapping): Mapping {
  return others;
}
