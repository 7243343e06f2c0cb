/** The time range of a page and whether it is live; both are stored in the address. */

import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue';

import { useAddressParameter } from './address.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `refreshMs`: refresh interval of a live range. */
export const TIME_RANGES = {
  '1h': { spanMs: HOUR_MS, grain: 'MINUTE', refreshMs: 15_000 },
  '24h': { spanMs: DAY_MS, grain: 'HOUR', refreshMs: 60_000 },
  '7d': { spanMs: 7 * DAY_MS, grain: 'HOUR', refreshMs: 60_000 },
  '30d': { spanMs: 30 * DAY_MS, grain: 'DAY', refreshMs: 300_000 },
  '90d': { spanMs: 90 * DAY_MS, grain: 'DAY', refreshMs: 300_000 },
} as const;
export type TimeRangeName = keyof typeof TIME_RANGES;
export const TIME_RANGE_NAMES = Object.keys(TIME_RANGES) as readonly TimeRangeName[];

const DEFAULT_RANGE: TimeRangeName = '7d';

export interface TimeRange {
  readonly name: ComputedRef<TimeRangeName>;
  readonly isLive: ComputedRef<boolean>;
  /** Ends now; advances while live. ISO instants. */
  readonly range: ComputedRef<{ from: string; to: string; grain: 'MINUTE' | 'HOUR' | 'DAY' }>;
  choose(name: TimeRangeName): void;
  setLive(isLive: boolean): void;
  /** Moves the end to now. */
  refresh(): void;
}

export function useTimeRange(): TimeRange {
  const rangeParameter = useAddressParameter('range');
  const refreshParameter = useAddressParameter('refresh');
  const now: Ref<number> = ref(Date.now());
  const name = computed(() => TIME_RANGE_NAMES.find((one) => one === rangeParameter.value) ?? DEFAULT_RANGE);
  const isLive = computed(() => refreshParameter.value !== 'off');
  const refresh = () => (now.value = Date.now());

  let timer: ReturnType<typeof setInterval> | undefined;
  watch(
    [name, isLive],
    () => {
      clearInterval(timer);
      if (isLive.value) timer = setInterval(refresh, TIME_RANGES[name.value].refreshMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearInterval(timer));

  return {
    name,
    isLive,
    range: computed(() => {
      const { spanMs, grain } = TIME_RANGES[name.value];
      return {
        from: new Date(now.value - spanMs).toISOString(),
        to: new Date(now.value).toISOString(),
        grain,
      };
    }),
    choose(next) {
      now.value = Date.now();
      rangeParameter.value = next === DEFAULT_RANGE ? null : next;
    },
    setLive(next) {
      if (next) refresh();
      refreshParameter.value = next ? null : 'off';
    },
    refresh,
  };
}
