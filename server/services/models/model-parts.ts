/**
 * Packs a model version into named binary parts, and unpacks it. `learning` decides which arrays there are.
 */

import type { ClusterMap, ModelVersion } from '../../domain/index.js';
import { CorruptModelError } from '../../domain/index.js';
import type { Dataset, ItemContent } from '../../features/index.js';
import { createItemEncoder, indexItems } from '../../features/index.js';
import type { PackedPersonas, PackedRecommender, RecommenderModel } from '../../learning/index.js';
import {
  createContentIndex,
  createItemSource,
  unpackPersonas,
  unpackRecommender,
} from '../../learning/index.js';
import type { ModelPart } from '../../store/index.js';
import type { TrainingResult } from '../../training/index.js';

import { isErased, keepUsers } from './cluster-map.js';
import type { ServingModel } from './serving-model.js';

const ARRAY_TYPES = { Float32Array, Float64Array, Int32Array, Uint8Array } as const;
type ArrayTypeName = keyof typeof ARRAY_TYPES;
type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface Manifest {
  readonly personas: PackedPersonas['meta'];
  readonly recommender: PackedRecommender['meta'];
  readonly itemIds: readonly string[];
  /** Names of the features of items; absent in versions of earlier releases. */
  readonly content?: Pick<ItemContent, 'categoryNames' | 'termNames'>;
  /** Type of each array part, by name. */
  readonly arrays: Readonly<Record<string, ArrayTypeName>>;
}

const MANIFEST = 'manifest';
const PERSONAS = 'personas/';
const RECOMMENDER = 'recommender/';
const LONG_TAIL = 'longTail';
const MAP = 'map/';
/** User ids (pseudonyms), newline-separated. */
export const MAP_USERS = 'map/users';

/** The parts of a trained version: a JSON manifest and a part per array. */
export function packVersion(
  result: TrainingResult,
  {
    dataset: { itemIds, userIds, longTail },
    content: { categoryNames, termNames },
  }: { dataset: Dataset; content: ItemContent },
): ModelPart[] {
  const { users, ...columns } = result.map;
  const arrays: Record<string, TypedArray> = { [LONG_TAIL]: longTail };
  for (const [name, array] of Object.entries(result.packedPersonas.arrays)) arrays[PERSONAS + name] = array;
  for (const [name, array] of Object.entries(result.packedRecommender.arrays))
    arrays[RECOMMENDER + name] = array;
  for (const [name, array] of Object.entries(columns)) arrays[MAP + name] = array;
  arrays[MAP_USERS] = new TextEncoder().encode(Array.from(users, (user) => userIds[user]).join('\n'));
  const manifest: Manifest = {
    personas: result.packedPersonas.meta,
    recommender: result.packedRecommender.meta,
    itemIds,
    content: { categoryNames, termNames },
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, typeOf(array)])),
  };
  return [
    { name: MANIFEST, bytes: Buffer.from(JSON.stringify(manifest)) },
    ...Object.entries(arrays).map(([name, { buffer, byteOffset, byteLength }]) => ({
      name,
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
    })),
  ];
}

/** Unpacks a stored version for serving. Throws CorruptModelError naming the faulty part. */
export function unpackVersion(
  meta: ModelVersion,
  parts: ReadonlyMap<string, Uint8Array>,
): Omit<ServingModel, 'generation'> {
  const { version } = meta;
  const manifest = readManifest(version, parts.get(MANIFEST));
  const arrays = new Map<string, TypedArray>();
  for (const [name, type] of Object.entries(manifest.arrays)) {
    arrays.set(name, readArray(version, name, type, parts.get(name)));
  }
  const under = (prefix: string) =>
    Object.fromEntries(
      [...arrays]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, array]) => [name.slice(prefix.length), array]),
    );
  try {
    const itemIndex = indexItems(manifest.itemIds);
    const longTail = arrays.get(LONG_TAIL)!;
    const personas = unpackPersonas({ meta: manifest.personas, arrays: under(PERSONAS) } as PackedPersonas);
    const recommender = unpackRecommender({
      meta: manifest.recommender,
      arrays: under(RECOMMENDER),
    } as unknown as PackedRecommender);
    return {
      version,
      meta,
      personas,
      personaIds: meta.personas.map((persona) => persona.personaId),
      map: unpackMap(meta, arrays.get(MAP_USERS), under(MAP)),
      ...{ recommender, trained: recommender, newItems: new Map() },
      contentOf: contentFinder(recommender, manifest.content),
      itemSource: once(() => createItemSource(recommender)),
      itemIds: manifest.itemIds,
      itemIndex,
      isLongTail: (itemId) => longTail[itemIndex.get(itemId) ?? -1] === 1,
    };
  } catch (error) {
    throw new CorruptModelError(version, 'arrays', `do not fit together (${(error as Error).message})`);
  }
}

function contentFinder(recommender: RecommenderModel, names: Manifest['content']): ServingModel['contentOf'] {
  const encoder = once(() => createItemEncoder(names ?? { categoryNames: [], termNames: [] }));
  const index = once(() => createContentIndex(recommender));
  return (item) => index()(encoder()(item));
}

/** `make`, called at most once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** Null for versions that were trained without a cluster map. */
function unpackMap(
  { version, dataset }: ModelVersion,
  users: TypedArray | undefined,
  columns: Record<string, TypedArray>,
): ClusterMap | null {
  if (users === undefined) return null;
  const userIds = new TextDecoder().decode(users).split('\n');
  const { x, y, persona, silhouette } = columns as unknown as ClusterMap;
  const map = { modelVersion: version, nUsers: dataset.nUsers, userIds, x, y, persona, silhouette };
  return keepUsers(map, (userId) => !isErased(userId));
}

function readManifest(version: number, bytes: Uint8Array | undefined): Manifest {
  if (bytes === undefined) throw new CorruptModelError(version, MANIFEST, 'is missing');
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
  } catch {
    throw new CorruptModelError(version, MANIFEST, 'is not valid JSON');
  }
}

function readArray(
  version: number,
  name: string,
  type: ArrayTypeName,
  bytes: Uint8Array | undefined,
): TypedArray {
  if (bytes === undefined) throw new CorruptModelError(version, name, 'is missing');
  const ArrayType = ARRAY_TYPES[type];
  if (ArrayType === undefined || bytes.byteLength % ArrayType.BYTES_PER_ELEMENT !== 0) {
    throw new CorruptModelError(version, name, 'has a length that does not fit its type');
  }
  // Copy: a typed array must begin at a multiple of its element size, and a driver's buffer may begin at any byte.
  return new ArrayType(bytes.slice().buffer);
}

function typeOf(array: TypedArray): ArrayTypeName {
  return array.constructor.name as ArrayTypeName;
}
