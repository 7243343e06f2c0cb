/**
 * The item side of a model as a file, for fold-in and ranking on the user's device: nothing of any user is in it. Personas
 * are left out, so every user counts as a user without a persona. So are the features of items: only training needs them.
 *
 * A file is four letters, the length of a header, the header in JSON, and the parts that it lists. Values are rounded to
 * steps that keep scores within 1e-4 of the model's; the sequence term and companions are cut in large catalogues (docs/benchmarks.md). Compress it: most of its bytes are zeros.
 */
import { InvalidModelError } from '../errors.js';
import { emptyRows } from '../linalg/index.js';
import { completeHyperParameters } from '../factorization/hyper-parameters.js';
import { freezeModel } from '../factorization/model.js';
import { divideRoom, strongest } from './entries.js';
import { joinSymmetric, SCALE_STEP, splitSymmetric } from './symmetric-rows.js';
import { decodeRows, decodeValues, encodeRows, encodeValues, transposeDense } from './codes.js';

import type { HyperParameters, RecommenderModel } from '../factorization/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { SettlingReason } from '../ranking/index.js';
import type { EncodedRows } from './codes.js';

export interface ItemSide {
  readonly version: number;
  /** Reasons for which an item is not listed again. */
  readonly exclude: readonly SettlingReason[];
  /** With new items, without personas. */
  readonly recommender: RecommenderModel;
  readonly items: ItemTexts;
  /** Uint8Array [nItems]: 1 for items on offer. */
  readonly isAvailable: Uint8Array;
}

/** Each in the order of the model. */
export interface ItemTexts {
  readonly ids: readonly string[];
  readonly titles: readonly string[];
  readonly categories: readonly string[];
}

/** Steps of the values, see `encodeValues`. */
interface Steps {
  /** In units of the root mean square of the embeddings, at a weight of 1 in the score. */
  readonly embeddings: number;
  readonly itemToItem: number;
  /** Of sequence values times their weight in the score. */
  readonly sequence: number;
  /** Of companions times their weight in the score. */
  readonly companions: number;
  readonly popularity: number;
}

const STEPS: Steps = {
  embeddings: 2.5e-4,
  itemToItem: 1e-5,
  sequence: 2e-4,
  companions: 5e-5,
  popularity: 1e-5,
};

/** Items up to which the steps are finer, in proportion, and the limit. */
const FINE_ITEMS = 10_000;
const MAX_FINENESS = 8;
/** Compressed bytes of a file of `FINE_ITEMS` items, of an item without these entries, and of such an entry. */
const FILE_BYTES = 3e6;
const ITEM_BYTES = 220;
const ENTRY_BYTES = 2.1;

const MAGIC = 'SPM1';
const HEADER_AT = 8;
const PART_NAMES = [
  'embeddings',
  'popularity',
  'shares',
  'recentPopularity',
  'scales',
  ...['pairs', 'rest', 'sequence', 'companions'].flatMap((rows) => [
    `${rows}/lengths`,
    `${rows}/gaps`,
    `${rows}/values`,
  ]),
  'isAvailable',
  'texts',
] as const;

interface Header extends Pick<ItemSide, 'version' | 'exclude'> {
  readonly hyperParameters: HyperParameters;
  readonly nItems: number;
  readonly nTrainedItems: number;
  readonly recordedUntil: number;
  readonly ridge: readonly number[];
  /** Of users without a persona. */
  readonly prior: readonly number[];
  readonly steps: Steps;
  /** Bytes of each part of `PART_NAMES`. */
  readonly lengths: readonly number[];
}

/** The file. Takes about a second for 10,000 items: not for an event loop. */
export function packItemSide(side: ItemSide): Uint8Array<ArrayBuffer> {
  const { recommender: model, items, isAvailable, version, exclude } = side;
  const { nItems, nTrainedItems, nPersonas, hyperParameters, recordedUntil, ridge } = model;
  const { nComponents: d, factorWeight, principalWeight, sequenceWeight, companionWeight } = hyperParameters;
  // A smaller catalogue has room for more precision.
  const fineness = Math.min(MAX_FINENESS, Math.max(1, FINE_ITEMS / nItems));
  const steps = {
    ...{ itemToItem: STEPS.itemToItem / fineness, popularity: STEPS.popularity },
    embeddings:
      (STEPS.embeddings * rootMeanSquare(model.itemEmbeddings)) /
      (fineness * Math.max(factorWeight + principalWeight, 0.05)),
    sequence: STEPS.sequence / (fineness * Math.max(sequenceWeight, 1e-6)),
    companions: STEPS.companions / (fineness * Math.max(companionWeight, 1e-6)),
  };
  const parts: Uint8Array[] = [encodeValues(transposeDense(model.itemEmbeddings, d), steps.embeddings)];
  for (const values of [model.popularity, model.shares, model.recentPopularity])
    parts.push(encodeValues(values, steps.popularity));
  const { scales, pairs, rest } = splitSymmetric(model.itemToItem, nTrainedItems, steps.itemToItem / 2);
  parts.push(encodeValues(scales, SCALE_STEP));
  const { sequence, companions, shares } = model;
  const [nSequence, nCompanions] = divideRoom(
    roomForEntries(nItems),
    sequence.values.length,
    companions.values.length,
  );
  // Two rows per item: for a like and for a dislike of it.
  const sharesOfOpinions = Float32Array.from({ length: 2 * nItems }, (_, row) => shares[row >> 1]);
  for (const [rows, step] of [
    [pairs, steps.itemToItem],
    [rest, steps.itemToItem],
    [strongest(sequence, shares, nSequence), steps.sequence],
    [strongest(companions, sharesOfOpinions, nCompanions), steps.companions],
  ] as const) {
    const { lengths, gaps, values } = encodeRows(rows, step);
    parts.push(lengths, gaps, values);
  }
  parts.push(isAvailable, new TextEncoder().encode(JSON.stringify(items)));
  const header: Header = {
    ...{ version, exclude, hyperParameters, nItems, nTrainedItems, recordedUntil, steps },
    ridge: Array.from(ridge),
    prior: Array.from(model.personaPriors.subarray(nPersonas * d, (nPersonas + 1) * d)),
    lengths: parts.map(({ length }) => length),
  };
  return assemble(header, parts);
}

function assemble(header: Header, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = HEADER_AT + text.length;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, start));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, text.length, true);
  bytes.set(text, HEADER_AT);
  let at = start;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads a file of `packItemSide`. Throws InvalidModelError for other bytes, such as the beginning of a file. */
export function unpackItemSide(bytes: Uint8Array): ItemSide {
  try {
    return unpack(dissect(bytes));
  } catch (error) {
    if (error instanceof InvalidModelError) throw error;
    throw new InvalidModelError(`The model cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function unpack({ header, parts }: Dissected): ItemSide {
  const { nItems, steps } = header;
  const hyperParameters = completeHyperParameters(header.hyperParameters);
  const d = hyperParameters.nComponents;
  const values = (name: (typeof PART_NAMES)[number], step: number, length: number) => {
    const decoded = decodeValues(parts.get(name)!, step);
    if (decoded.length !== length) throw new InvalidModelError(`The part ${name} has a wrong length.`);
    return decoded;
  };
  const rows = (
    name: 'pairs' | 'rest' | 'sequence' | 'companions',
    step: number,
    nRows = nItems,
  ): SparseRows => {
    const part = (what: keyof EncodedRows) => parts.get(`${name}/${what}`)!;
    const encoded = { lengths: part('lengths'), gaps: part('gaps'), values: part('values') };
    const decoded = decodeRows(encoded, step, nItems);
    if (decoded.indptr.length !== nRows + 1)
      throw new InvalidModelError(`The part ${name} has a wrong length.`);
    return decoded;
  };
  const [ridge, prior] = [Float32Array.from(header.ridge), Float32Array.from(header.prior)];
  if (ridge.length !== d || prior.length !== d)
    throw new InvalidModelError('The header has a wrong number of components.');
  const items = JSON.parse(new TextDecoder().decode(parts.get('texts'))) as ItemTexts;
  const isAvailable = parts.get('isAvailable')!.slice();
  if ([items.ids, items.titles, items.categories, isAvailable].some((list) => list.length !== nItems))
    throw new InvalidModelError('The texts have a wrong length.');
  const recommender = freezeModel({
    ...{ nItems, nTrainedItems: header.nTrainedItems, nPersonas: 0, hyperParameters },
    itemEmbeddings: transposeDense(values('embeddings', steps.embeddings, nItems * d), nItems),
    ...{ ridge, personaPriors: prior, recordedUntil: header.recordedUntil },
    popularity: values('popularity', steps.popularity, nItems),
    shares: values('shares', steps.popularity, nItems),
    recentPopularity: values('recentPopularity', steps.popularity, nItems),
    ...{ features: emptyRows(nItems), featureWeights: new Float32Array(0) },
    itemToItem: joinSymmetric({
      scales: values('scales', SCALE_STEP, nItems),
      pairs: rows('pairs', steps.itemToItem),
      rest: rows('rest', steps.itemToItem),
    }),
    sequence: rows('sequence', steps.sequence),
    companions: rows('companions', steps.companions, 2 * nItems),
  });
  return { version: header.version, exclude: header.exclude, recommender, items, isAvailable };
}

interface Dissected {
  readonly header: Header;
  /** By the names of `PART_NAMES`. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

function dissect(bytes: Uint8Array): Dissected {
  if (bytes.length < HEADER_AT || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw new InvalidModelError('This is not a model of this release.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEADER_AT + view.getUint32(MAGIC.length, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_AT, at))) as Header;
  const parts = new Map<string, Uint8Array>();
  PART_NAMES.forEach((name, part) => {
    const end = at + header.lengths[part];
    parts.set(name, bytes.subarray(at, end));
    at = end;
  });
  if (at !== bytes.length) throw new InvalidModelError('The model is incomplete.');
  return { header, parts };
}

/** Entries kept of the sequence term and the companions: all of them in small catalogues, 38 per item in large ones. */
function roomForEntries(nItems: number): number {
  const n = Math.max(1, Math.min(nItems, FINE_ITEMS));
  return Math.floor(((nItems / n) * (FILE_BYTES - ITEM_BYTES * n)) / ENTRY_BYTES);
}

function rootMeanSquare(values: Float32Array): number {
  if (values.length === 0) return 1;
  const mean = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return mean === 0 ? 1 : Math.sqrt(mean);
}
