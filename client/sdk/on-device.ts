/**
 * Recommendations on the user's device: loads the item side of the active model once, then folds in and ranks with the
 * code of the server. Histories never leave the device. Not part of the index, so that other frontends do not bundle it.
 */

import {
  counterfactual,
  explainListed,
  findFacets,
  foldIn,
  InvalidModelError,
  likedItems,
  recommend,
  settledItems,
  unpackItemSide,
  type History,
  type ItemSide,
  type UserState,
} from '../../server/learning/on-device.js';

/** Lists are requested after the model's training, as on the server. */
const NOW = Infinity;

export interface LoadModelOptions {
  /** The server's address, e.g. "https://persona.example". Default: the page's own. */
  readonly url?: string;
  /** A user token, or a publishable key with a session; null or omitted: the cookie of an account. */
  readonly token?: string | null;
  /** Called with the downloaded share, 0..1. */
  readonly onProgress?: (fraction: number) => void;
  readonly signal?: AbortSignal;
}

/** A user's interaction with an item, as recorded on the device. */
export interface DeviceInteraction {
  readonly itemId: string;
  /** 1 for a like, -1 for a dislike, 0 for neither. */
  readonly opinion: 1 | -1 | 0;
  /** Milliseconds since the epoch; 0 if unknown. */
  readonly at: number;
  /** Sum of event weights, see docs/mathematics.md; without an opinion, more is more interest. Default 0. */
  readonly strength?: number;
  /** Default false. */
  readonly isPurchased?: boolean;
}

export interface DeviceItem {
  readonly id: string;
  readonly title: string;
  readonly category: string;
}

/** The numbers sum to `total`, the score. */
export interface DeviceExplanation {
  readonly persona: number;
  readonly popularity: number;
  readonly sequence: number;
  readonly sequenceItem: DeviceItem | null;
  readonly newLikeItem: null;
  readonly items: readonly { readonly item: DeviceItem; readonly contribution: number }[];
  readonly otherItems: number;
  readonly total: number;
}

export interface DeviceRecommendation {
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  readonly item: DeviceItem;
  readonly explanation: DeviceExplanation;
}

export interface DeviceListOptions {
  /** Length of the list. Default 10. */
  readonly first?: number;
  /** 0 ranks by score alone, 1 by variety. Default 0. */
  readonly diversity?: number;
  /** Only these categories; omitted: all. */
  readonly categories?: readonly string[];
}

export interface DeviceModel {
  readonly version: number;
  readonly nItems: number;
  /** Bytes of the download. */
  readonly nBytes: number;
  item(itemId: string): DeviceItem | null;
  /** The list of a user without a persona and with this history; items that the model does not have are ignored. */
  recommend(history: readonly DeviceInteraction[], options?: DeviceListOptions): DeviceRecommendation[];
  /** Ranks of an item with the history, and with an item removed from it; null if the model or the history lacks an item. */
  counterfactual(
    history: readonly DeviceInteraction[],
    itemId: string,
    withoutItemId: string,
  ): { readonly rankBefore: number; readonly rankAfter: number } | null;
}

/** Why a model was not loaded. */
export class LoadModelError extends Error {
  constructor(
    /** `unpublished`: the server does not publish its model. `busy`: it has none yet, or too many requests. */
    readonly reason: 'unpublished' | 'refused' | 'busy' | 'network' | 'damaged',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'LoadModelError';
  }
}

/** Rejects with LoadModelError. */
export async function loadModel({
  url = '',
  token = null,
  onProgress,
  signal,
}: LoadModelOptions = {}): Promise<DeviceModel> {
  const response = await fetch(`${url}/model`, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: signal ?? null,
  }).catch((cause: unknown) => {
    throw new LoadModelError('network', 'The server did not answer.', { cause });
  });
  if (!response.ok) throw await refusalOf(response);
  return readModel(await download(response, onProgress));
}

/** The model of a downloaded file. Rejects with LoadModelError for a damaged or incomplete file. */
export async function readModel(file: Uint8Array<ArrayBuffer>): Promise<DeviceModel> {
  try {
    const stream = new Blob([file]).stream().pipeThrough(new DecompressionStream('gzip'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return createDeviceModel(unpackItemSide(bytes), file.length);
  } catch (cause) {
    const why = cause instanceof InvalidModelError ? cause.message : 'It is incomplete or was changed.';
    throw new LoadModelError('damaged', `The model cannot be read. ${why}`, { cause });
  }
}

async function refusalOf(response: Response): Promise<LoadModelError> {
  const { status } = response;
  const { errors } = (await response.json().catch(() => ({}))) as {
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  const message = errors?.[0]?.message ?? `The server answered with status ${status}.`;
  if (errors?.[0]?.extensions?.code === 'NO_ACTIVE_MODEL') return new LoadModelError('busy', message);
  if (status === 404) return new LoadModelError('unpublished', message);
  if (status === 401 || status === 403) return new LoadModelError('refused', message);
  return new LoadModelError(status === 429 || status === 503 ? 'busy' : 'network', message);
}

async function download(
  { headers, body }: Response,
  onProgress: LoadModelOptions['onProgress'],
): Promise<Uint8Array<ArrayBuffer>> {
  const total = Number(headers.get('content-length') ?? 0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let nBytes = 0;
  try {
    for (const reader = body!.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      nBytes += value.length;
      if (total > 0) onProgress?.(Math.min(1, nBytes / total));
    }
  } catch (cause) {
    throw new LoadModelError('network', 'The download was interrupted.', { cause });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function createDeviceModel(side: ItemSide, nBytes: number): DeviceModel {
  const { recommender: model, items, isAvailable, version } = side;
  const { ids, titles, categories } = items;
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const exclude = new Set(side.exclude);
  const space = { embeddings: model.itemEmbeddings, nComponents: model.hyperParameters.nComponents };
  const itemAt = (index: number): DeviceItem => ({
    id: ids[index]!,
    title: titles[index]!,
    category: categories[index]!,
  });
  const historyOf = (interactions: readonly DeviceInteraction[]): Required<History> => {
    const known = interactions
      .flatMap((row) => {
        const index = indexOf.get(row.itemId);
        return index === undefined ? [] : [{ index, row }];
      })
      .sort((a, b) => a.index - b.index);
    return {
      indices: Int32Array.from(known, ({ index }) => index),
      strength: Float32Array.from(known, ({ row }) => row.strength ?? 0),
      opinion: Int8Array.from(known, ({ row }) => row.opinion),
      purchased: Uint8Array.from(known, ({ row }) => Number(row.isPurchased ?? false)),
      rated: new Uint8Array(known.length),
      at: Float64Array.from(known, ({ row }) => row.at),
    };
  };
  const allowedFor = (history: History) => {
    const settled = settledItems(history, exclude);
    return (index: number) => isAvailable[index] === 1 && !settled.has(index);
  };
  const explanationOf = (state: UserState, ranked: { itemIndex: number; score: number }) => {
    const { history: _all, items: own, sequenceItem, ...parts } = explainListed(model, state, ranked, false);
    return {
      ...parts,
      items: own.map(({ itemIndex, contribution }) => ({ item: itemAt(itemIndex), contribution })),
      sequenceItem: sequenceItem < 0 ? null : itemAt(sequenceItem),
      newLikeItem: null,
    };
  };
  return {
    ...{ version, nItems: model.nItems, nBytes },
    item(itemId) {
      const index = indexOf.get(itemId);
      return index === undefined ? null : itemAt(index);
    },
    recommend(interactions, { first = 10, diversity = 0, categories: wanted } = {}) {
      const history = historyOf(interactions);
      const state = foldIn(model, history, { now: NOW });
      const isAllowed = allowedFor(history);
      const ranked = recommend(model, state, {
        ...{ n: first, diversity },
        isAllowed: (index) =>
          isAllowed(index) && (wanted === undefined || wanted.includes(categories[index]!)),
        facets: findFacets({ items: likedItems(history), ...space }),
      });
      return ranked.map((place, position) => ({
        ...{ rank: position + 1, score: place.score, item: itemAt(place.itemIndex) },
        explanation: explanationOf(state, place),
      }));
    },
    counterfactual(interactions, itemId, withoutItemId) {
      const history = historyOf(interactions);
      const itemIndex = indexOf.get(itemId);
      const entry = history.indices.indexOf(indexOf.get(withoutItemId) ?? -1);
      if (itemIndex === undefined || entry < 0) return null;
      const state = foldIn(model, history, { now: NOW });
      const isAllowed = allowedFor(history);
      const { before, after } = counterfactual(model, {
        ...{ history, state, itemIndex, entry, isAllowed, context: { now: NOW } },
      });
      return { rankBefore: before.rank, rankAfter: after.rank };
    },
  };
}
