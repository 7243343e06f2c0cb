/** Live rates, up to four times a second, with a history of the last minute. Admins only. */

import { computed, shallowRef, type Ref, type ShallowRef } from 'vue';

import { AnalyticsUpdatedDocument, type LiveRowFragment } from '../../generated/graphql.js';
import { useLiveSubscription } from '../index.js';

export type LiveRates = LiveRowFragment;

export interface LiveFeed {
  /** Oldest first; at most `HISTORY_LENGTH`. */
  readonly history: Readonly<ShallowRef<readonly LiveRates[]>>;
  /** Null until the first answer. */
  readonly latest: Readonly<Ref<LiveRates | null>>;
  /** Adds the result of a query. */
  offer(rates: LiveRates): void;
}

/** 60 s at 4 updates per second. */
export const HISTORY_LENGTH = 240;

export function useLiveRates(isLive: Readonly<Ref<boolean>>, catchUp: () => void): LiveFeed {
  const history = shallowRef<readonly LiveRates[]>([]);
  function offer(rates: LiveRates): void {
    const newest = history.value.at(-1);
    if (newest !== undefined && newest.at >= rates.at) return;
    history.value = [...history.value.slice(1 - HISTORY_LENGTH), rates];
  }
  const pushed = useLiveSubscription(AnalyticsUpdatedDocument, {}, catchUp, isLive);
  pushed.onData(({ analyticsUpdated }) => offer(analyticsUpdated.live));
  return { history, latest: computed(() => history.value.at(-1) ?? null), offer };
}
