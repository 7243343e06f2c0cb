/** Private mode: loads the model once, then ranks on the device from thumbs that stay in this browser. */

import { computed, onScopeDispose, readonly, ref, shallowReadonly, shallowRef } from 'vue';
import type { ComputedRef, DeepReadonly, Ref, ShallowRef } from 'vue';

import {
  loadModel,
  LoadModelError,
  type DeviceItem,
  type DeviceModel,
  type DeviceRecommendation,
} from '../../sdk/on-device.js';

import {
  compareLists,
  NO_CHANGE,
  repeatWhileBusy,
  useSession,
  type Failure,
  type ListChange,
  type Opinion,
  type WhatIfAnswer,
} from '../index.js';

import { readThumbs, storeThumbs, type DeviceThumb } from './device-history.js';

export interface PrivateMode {
  /** Null until it is loaded. */
  readonly model: Readonly<ShallowRef<DeviceModel | null>>;
  /** Downloaded share, 0..1. */
  readonly progress: Readonly<Ref<number>>;
  /** Why the model was not loaded. */
  readonly failure: DeepReadonly<Ref<Failure | 'unpublished' | null>>;
  readonly list: Readonly<ShallowRef<readonly DeviceRecommendation[]>>;
  /** Changes by the last thumb. */
  readonly change: Readonly<ShallowRef<ListChange>>;
  /** Duration of the last fold-in and ranking; null before the first. */
  readonly rankMs: Readonly<Ref<number | null>>;
  /** Newest first. */
  readonly thumbs: ComputedRef<readonly { itemId: string; value: Opinion; at: string; item: DeviceItem }[]>;
  /** The last thumb given here, and the opinion it replaced. */
  readonly last: DeepReadonly<Ref<{ item: DeviceItem; value: Opinion; previous: Opinion } | null>>;
  /** Requests of this page since the model was loaded. */
  readonly nRequests: Readonly<Ref<number>>;
  /** False if the browser stores nothing, so that the history ends with the page. */
  readonly isStored: Readonly<Ref<boolean>>;
  opinionOf(itemId: string): Opinion;
  give(item: DeviceItem, value: Opinion): void;
  erase(): void;
  whatIfOf(itemId: string, withoutItemId: string): WhatIfAnswer | null;
  askWhatIf(itemId: string, withoutItemId: string): void;
  load(): Promise<void>;
}

/** `userId`: whose history; null for staff. */
export function usePrivateMode(userId: string | null): PrivateMode {
  const session = useSession();
  const model = shallowRef<DeviceModel | null>(null);
  const progress = ref(0);
  const failure = ref<Failure | 'unpublished' | null>(null);
  const isLoading = ref(false);
  const list = shallowRef<readonly DeviceRecommendation[]>([]);
  const change = shallowRef<ListChange>(NO_CHANGE);
  const rankMs = ref<number | null>(null);
  const stored = shallowRef(readThumbs(userId));
  const last = shallowRef<{ item: DeviceItem; value: Opinion; previous: Opinion } | null>(null);
  const isStored = ref(true);
  const answers = shallowRef<ReadonlyMap<string, WhatIfAnswer>>(new Map());
  const requests = useRequestCount();
  const history = computed(() =>
    stored.value.map(({ itemId, value, at }) => ({
      ...{ itemId, at },
      opinion: value === 'UP' ? (1 as const) : (-1 as const),
    })),
  );
  const leaving = new AbortController();
  onScopeDispose(() => leaving.abort());

  const keyOf = (itemId: string, withoutItemId: string) => JSON.stringify([itemId, withoutItemId]);
  const opinionOf = (itemId: string): Opinion =>
    stored.value.find((thumb) => thumb.itemId === itemId)?.value ?? 'NONE';

  function rank(): void {
    if (model.value === null) return;
    const startedAt = performance.now();
    const next = model.value.recommend(history.value);
    rankMs.value = performance.now() - startedAt;
    change.value = list.value.length === 0 ? NO_CHANGE : compareLists({ items: list.value }, { items: next });
    list.value = next;
    answers.value = new Map();
  }

  function keep(thumbs: readonly DeviceThumb[]): void {
    stored.value = [...thumbs];
    isStored.value = storeThumbs(userId, thumbs);
    rank();
  }

  async function request(): Promise<void> {
    isLoading.value = true;
    progress.value = 0;
    try {
      model.value = await loadModel({
        token: session.token.value,
        onProgress: (fraction) => (progress.value = fraction),
        signal: leaving.signal,
      });
      failure.value = null;
      requests.start();
      rank();
    } catch (error) {
      if (!leaving.signal.aborted) failure.value = failureOfLoad(error);
    } finally {
      isLoading.value = false;
    }
  }

  const refusal = computed(() => (failure.value === 'unpublished' ? null : failure.value));
  repeatWhileBusy(refusal, isLoading, () => void request());

  return {
    model: shallowReadonly(model),
    progress: readonly(progress),
    failure: readonly(failure),
    list: shallowReadonly(list),
    change: shallowReadonly(change),
    rankMs: readonly(rankMs),
    thumbs: computed(() =>
      stored.value.flatMap(({ itemId, value, at }) => {
        const item = model.value?.item(itemId) ?? null;
        return item === null ? [] : [{ itemId, value, at: new Date(at).toISOString(), item }];
      }),
    ),
    last: shallowReadonly(last),
    nRequests: requests.count,
    isStored: readonly(isStored),
    opinionOf,
    give(item, value) {
      last.value = { item, value, previous: opinionOf(item.id) };
      // A different tab may have stored thumbs meanwhile.
      const known = isStored.value ? readThumbs(userId) : stored.value;
      const others = known.filter(({ itemId }) => itemId !== item.id);
      keep(value === 'NONE' ? others : [{ itemId: item.id, value, at: Date.now() }, ...others]);
    },
    erase() {
      last.value = null;
      keep([]);
    },
    whatIfOf: (itemId, withoutItemId) => answers.value.get(keyOf(itemId, withoutItemId)) ?? null,
    askWhatIf(itemId, withoutItemId) {
      const known = model.value?.counterfactual(history.value, itemId, withoutItemId) ?? null;
      const answer = known === null ? { state: 'unknown' as const } : { state: 'known' as const, ...known };
      answers.value = new Map(answers.value).set(keyOf(itemId, withoutItemId), answer);
    },
    async load() {
      failure.value = null;
      await request();
    },
  };
}

/** Counts the requests that the browser reports from `start` on, so that the figure on the page is measured. */
function useRequestCount(): { readonly count: Readonly<Ref<number>>; start(): void } {
  const count = ref(0);
  let since = Infinity;
  const observer = new PerformanceObserver((entries) => {
    count.value += entries.getEntries().filter(({ startTime }) => startTime >= since).length;
  });
  observer.observe({ type: 'resource' });
  onScopeDispose(() => observer.disconnect());
  return { count: readonly(count), start: () => (since = performance.now()) };
}

function failureOfLoad(error: unknown): Failure | 'unpublished' {
  const reason = error instanceof LoadModelError ? error.reason : 'damaged';
  if (reason === 'unpublished') return reason;
  const message = reason === 'busy' ? (error as LoadModelError).message : null;
  return { kind: reason === 'damaged' ? 'fault' : reason, message, reference: null };
}
