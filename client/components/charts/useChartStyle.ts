/** Style of charts: the colours of the current theme, and formats for numbers and instants in the user's language. */

import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useRoute } from 'vue-router';
import { useTheme } from 'vuetify';

import { categoryColours, rampColours } from './palette.js';

export interface ChartStyle {
  readonly isDark: boolean;
  /** True if instants are shown in UTC, as the address says. */
  readonly isUtc: boolean;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly primary: string;
  readonly warning: string;
  readonly colours: readonly string[];
  readonly ramp: readonly string[];
  /** At most `digits` decimals, 3 by default. */
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (value: number) => string;
  readonly wholePercent: (value: number) => string;
  /** An instant on an axis that spans `spanMs`. */
  readonly tick: (at: number, spanMs: number) => string;
  readonly instant: (at: number) => string;
  /** 1 is Monday. */
  readonly weekday: (day: number) => string;
}

const DAY_MS = 86_400_000;
/** 4 January 1970. */
const A_SUNDAY_MS = 3 * DAY_MS;

export function useChartStyle(): ComputedRef<ChartStyle> {
  const theme = useTheme();
  const route = useRoute();
  const { locale } = useI18n({ useScope: 'global' });
  return computed(() => {
    const { dark: isDark, colors } = theme.current.value;
    const language = locale.value;
    const isUtc = route.query['zone'] === 'utc';
    const timeZone = isUtc ? 'UTC' : undefined;
    const ink = isDark ? '235, 234, 246' : '28, 27, 46';
    const numbers = [0, 1, 2, 3, 4].map(
      (digits) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }),
    );
    const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
    const wholePercents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
    const time = new Intl.DateTimeFormat(language, { timeZone, hour: '2-digit', minute: '2-digit' });
    const day = new Intl.DateTimeFormat(language, { timeZone, day: 'numeric', month: 'short' });
    const full = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
    const weekday = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
    return {
      isDark,
      isUtc,
      text: `rgba(${ink}, 0.92)`,
      quiet: `rgba(${ink}, 0.74)`,
      line: `rgba(${ink}, 0.14)`,
      surface: String(colors['surface']),
      primary: String(colors['primary']),
      warning: String(colors['warning']),
      colours: categoryColours(isDark),
      ramp: rampColours(isDark),
      number: (value, digits = 3) => (numbers[digits] ?? numbers[3])!.format(value),
      percent: (value) => percents.format(value),
      wholePercent: (value) => wholePercents.format(value),
      tick: (at, spanMs) => (spanMs <= 2 * DAY_MS ? time : day).format(at),
      instant: (at) => full.format(at),
      weekday: (number) => weekday.format(A_SUNDAY_MS + number * DAY_MS),
    };
  });
}
