/** Words and links for the marks of a range. */

import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import type { RouteLocationRaw } from 'vue-router';

import { useChartStyle } from '../../components/charts/useChartStyle.js';
import type { AnalyticsMark } from '../../composables/admin/index.js';

interface MarkRow {
  readonly key: string;
  readonly when: string;
  readonly text: string;
  readonly to: RouteLocationRaw;
}

/** A version is activated within this time of its training. */
const SAME_MOMENT_MS = 5 * 60_000;

export function useMarkWords(marks: () => readonly AnalyticsMark[]): {
  /** For the charts, with short labels. */
  readonly lines: ComputedRef<readonly { readonly at: number; readonly label: string }[]>;
  readonly rows: ComputedRef<readonly MarkRow[]>;
} {
  const { t, n } = useI18n();
  const style = useChartStyle();
  const versionOf = ({ modelVersion }: AnalyticsMark) => n(modelVersion ?? 0);
  return {
    lines: computed(() =>
      withoutActivations(marks()).map((mark) => ({
        at: Date.parse(mark.at),
        label: t(`mark.short.${mark.kind}`, { version: versionOf(mark) }),
      })),
    ),
    rows: computed(() =>
      marks().map((mark) => ({
        key: `${mark.at}/${mark.kind}/${mark.import?.id ?? mark.modelVersion}`,
        when: style.value.instant(Date.parse(mark.at)),
        text: t(`mark.${mark.kind}`, {
          version: versionOf(mark),
          name: mark.import?.name ?? '',
          rows: n(mark.import?.recorded ?? 0),
        }),
        to:
          mark.import == null
            ? { name: 'admin.models', query: { left: String(mark.modelVersion) } }
            : { name: 'admin.data' },
      })),
    ),
  };
}

/** A retrain normally activates its version at its end: one line stands for both. */
function withoutActivations(marks: readonly AnalyticsMark[]): readonly AnalyticsMark[] {
  const trained = new Map(
    marks.flatMap(({ kind, modelVersion, at }) =>
      kind === 'RETRAIN' ? [[modelVersion, Date.parse(at)] as const] : [],
    ),
  );
  return marks.filter(({ kind, modelVersion, at }) => {
    const end = trained.get(modelVersion);
    return kind !== 'ACTIVATION' || end === undefined || Math.abs(Date.parse(at) - end) > SAME_MOMENT_MS;
  });
}
