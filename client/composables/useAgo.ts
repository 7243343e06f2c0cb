/** Formats instants relative to now in the user's language: "3 days ago". */

import { onScopeDispose, ref } from 'vue';
import { useI18n } from 'vue-i18n';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const TICK_MS = 30_000;

/** The largest unit that fits; "now" below a minute. */
export function relativeTime(at: number, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const distance = at - now;
  const fitting = UNITS.find(([, ms]) => Math.abs(distance) >= ms);
  if (fitting === undefined) return format.format(0, 'second');
  return format.format(Math.round(distance / fitting[1]), fitting[0]);
}

/** A formatter for ISO instants that updates as time passes. */
export function useAgo(): (at: string) => string {
  const { locale } = useI18n({ useScope: 'global' });
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), TICK_MS);
  onScopeDispose(() => clearInterval(timer));
  return (at) => relativeTime(Date.parse(at), Math.max(now.value, Date.parse(at)), locale.value);
}
