/** The time range of a page, its time zone, and whether it is live; all are stored in the address. */

import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import type { AnalyticsRange } from './analytics-range.js';
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
type LiveRangeName = keyof typeof TIME_RANGES;
/** `custom` has a fixed start and end. */
export type TimeRangeName = LiveRangeName | 'custom';
export const TIME_RANGE_NAMES = Object.keys(TIME_RANGES) as readonly LiveRangeName[];

const DEFAULT_RANGE: LiveRangeName = '7d';
/** The server keeps minutes for two days and hours for six weeks. */
const MINUTES_KEPT_MS = 2 * DAY_MS;
const HOURS_KEPT_MS = 42 * DAY_MS;
const MAX_MINUTES_SPAN_MS = 3 * HOUR_MS;
const MAX_HOURS_SPAN_MS = 14 * DAY_MS;

export interface TimeRange {
  readonly name: ComputedRef<TimeRangeName>;
  readonly isLive: ComputedRef<boolean>;
  /** Ends now and advances while live, unless it is custom. ISO instants. */
  readonly range: ComputedRef<AnalyticsRange>;
  /** True if instants are shown in UTC, otherwise in the time zone of the browser. */
  readonly isUtc: ComputedRef<boolean>;
  choose(name: LiveRangeName): void;
  /** Chooses a fixed range; milliseconds since the epoch. */
  chooseCustom(from: number, to: number): void;
  setLive(isLive: boolean): void;
  setUtc(isUtc: boolean): void;
  /** Moves the end to now. */
  refresh(): void;
}

export function useTimeRange(): TimeRange {
  const route = useRoute();
  const router = useRouter();
  const refreshParameter = useAddressParameter('refresh');
  const zoneParameter = useAddressParameter('zone');
  const now: Ref<number> = ref(Date.now());
  const custom = computed(() => {
    const [from, to] = [route.query['from'], route.query['to']].map((text) => Date.parse(String(text)));
    return route.query['range'] === 'custom' && from! < to! ? { from: from!, to: to! } : null;
  });
  const name = computed<TimeRangeName>(() =>
    custom.value !== null
      ? 'custom'
      : (TIME_RANGE_NAMES.find((one) => one === route.query['range']) ?? DEFAULT_RANGE),
  );
  const isLive = computed(() => refreshParameter.value !== 'off' && custom.value === null);
  const refresh = () => (now.value = Date.now());

  let timer: ReturnType<typeof setInterval> | undefined;
  watch(
    [name, isLive],
    ([chosen, live]) => {
      clearInterval(timer);
      if (live && chosen !== 'custom') timer = setInterval(refresh, TIME_RANGES[chosen].refreshMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearInterval(timer));

  /** Replaces the parameters of the range; the others stay. */
  function write(parameters: Readonly<Record<string, string>>): void {
    const { range: _range, from: _from, to: _to, ...others } = route.query;
    void router.replace({ query: { ...others, ...parameters }, hash: route.hash });
  }

  return {
    name,
    isLive,
    range: computed(() => {
      if (custom.value !== null) return isoRange(custom.value, grainOf(custom.value, Date.now()));
      const { spanMs, grain } = TIME_RANGES[name.value as LiveRangeName];
      return isoRange({ from: now.value - spanMs, to: now.value }, grain);
    }),
    isUtc: computed(() => zoneParameter.value === 'utc'),
    choose(next) {
      now.value = Date.now();
      write(next === DEFAULT_RANGE ? {} : { range: next });
    },
    chooseCustom(from, to) {
      write({ range: 'custom', from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    },
    setLive(next) {
      if (next) refresh();
      refreshParameter.value = next ? null : 'off';
    },
    setUtc(next) {
      zoneParameter.value = next ? 'utc' : null;
    },
    refresh,
  };
}

/** The finest grain that is still kept and gives a readable number of points. */
export function grainOf(
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): AnalyticsRange['grain'] {
  if (to - from <= MAX_MINUTES_SPAN_MS && from >= now - MINUTES_KEPT_MS) return 'MINUTE';
  return to - from <= MAX_HOURS_SPAN_MS && from >= now - HOURS_KEPT_MS ? 'HOUR' : 'DAY';
}

function isoRange(
  { from, to }: { readonly from: number; readonly to: number },
  grain: AnalyticsRange['grain'],
): AnalyticsRange {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), grain };
}
