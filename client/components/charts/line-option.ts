/** Options of a time series chart, with a line per name. */

import { axisLook, baseOption, legendOf, tooltipLines, tooltipOf } from './base-option.js';
import type { EChartsOption } from './echarts.js';
import type { ChartStyle } from './useChartStyle.js';

export interface TimeLine {
  readonly name: string;
  readonly colour: string;
  readonly symbol?: string;
  /** Milliseconds since the epoch, and the value; null leaves a gap. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** A vertical line at an instant, milliseconds since the epoch. */
export interface TimeMark {
  readonly at: number;
  readonly label: string;
}

export interface TimeLinesOptions {
  readonly series: readonly TimeLine[];
  readonly format: (value: number) => string;
  /** Fills the space below a single line. */
  readonly isArea?: boolean;
  /** Range of the time axis, milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Largest value of the axis; derived from the data by default. */
  readonly max?: number;
  /** None by default. */
  readonly marks?: readonly TimeMark[];
}

interface AxisTooltip {
  readonly seriesName: string;
  readonly value: readonly [number, number | null];
}

const DAY_MS = 86_400_000;
/** Up to this many points are drawn with a symbol each; more would overlap. */
const MAX_MARKED_POINTS = 40;
const MARK_LABEL_HEIGHT = 16;
/** Share of the time axis that a label takes. */
const LABEL_SHARE = 0.15;
/** Share of the time axis in which labels end at their mark. */
const LAST_SHARE = 0.08;

export function timeLines(style: ChartStyle, options: TimeLinesOptions): EChartsOption {
  const { series, format, isArea = false, from, to, max, marks = [] } = options;
  const base = baseOption(style);
  const hasLegend = series.length > 1;
  return {
    ...base,
    grid: { ...base.grid, top: (hasLegend ? 44 : 12) + (marks.length > 0 ? MARK_LABEL_HEIGHT : 0) },
    legend: hasLegend
      ? legendOf(
          style,
          series.map(({ name }) => name),
        )
      : { show: false },
    tooltip: {
      ...tooltipOf(style),
      trigger: 'axis',
      formatter: (raw) => {
        const entries = raw as unknown as AxisTooltip[];
        const known = entries.filter(({ value }) => value[1] !== null);
        return tooltipLines(
          style.instant(entries[0]?.value[0] ?? 0),
          known.map(({ seriesName, value }) => `${seriesName}: ${format(value[1] ?? 0)}`),
        );
      },
    },
    xAxis: {
      type: 'time',
      min: from,
      max: to,
      minInterval: to - from > 2 * DAY_MS ? DAY_MS : undefined,
      ...axisLook(style),
      splitLine: { show: false },
      axisLabel: { ...axisLook(style).axisLabel, formatter: (at: number) => style.tick(at, to - from) },
    },
    yAxis: {
      type: 'value',
      ...axisLook(style),
      min: 0,
      max,
      axisLine: { show: false },
      axisLabel: { ...axisLook(style).axisLabel, formatter: (value: number) => format(value) },
    },
    series: series.map(({ name, colour, symbol, points }, index) => ({
      name,
      type: 'line' as const,
      data: points.map((point) => [...point]),
      symbol,
      symbolSize: 7,
      showSymbol: points.filter(([, value]) => value !== null).length <= MAX_MARKED_POINTS,
      itemStyle: { color: colour },
      lineStyle: { width: 2, color: colour },
      areaStyle: isArea ? { color: colour, opacity: 0.12 } : undefined,
      emphasis: { focus: 'series' as const },
      markLine: index === 0 && marks.length > 0 ? markLine(style, { from, to, marks }) : undefined,
    })) as EChartsOption['series'],
  };
}

function markLine(
  style: ChartStyle,
  { from, to, marks }: Required<Pick<TimeLinesOptions, 'from' | 'to' | 'marks'>>,
) {
  return {
    silent: true,
    animation: false,
    symbol: 'none',
    lineStyle: { color: style.quiet, type: 'dashed' as const, width: 1 },
    label: { color: style.quiet, fontSize: 11, position: 'end' as const, formatter: '{b}' },
    data: labelledMarks(marks, to - from).map(({ at, label }) => ({
      xAxis: at,
      name: label,
      // A centred label would leave the chart at its end.
      label: at > to - (to - from) * LAST_SHARE ? { align: 'right' as const } : {},
    })),
  };
}

/**
 * The marks in order of time. Of marks whose labels would overlap only the latest keeps its label; the page lists them
 * all. `span`: length of the time axis in milliseconds.
 */
export function labelledMarks(marks: readonly TimeMark[], span: number): TimeMark[] {
  let next = Infinity;
  return [...marks]
    .sort((left, right) => right.at - left.at)
    .map((mark) => {
      if (next - mark.at < span * LABEL_SHARE) return { at: mark.at, label: '' };
      next = mark.at;
      return mark;
    })
    .reverse();
}
