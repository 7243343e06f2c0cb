/** Options of a heat map: darker means more (lighter in the dark theme). */

import { axisLook, baseOption, FONT_SIZE, tooltipLines, tooltipOf } from './base-option.js';
import type { EChartsOption } from './echarts.js';
import type { ChartStyle } from './useChartStyle.js';

export interface HeatOptions {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** Column, row, value. */
  readonly cells: readonly (readonly [number, number, number])[];
  readonly format: (value: number) => string;
  /** Lines of the tooltip of a cell. */
  readonly describe: (column: number, row: number, value: number) => { title: string; lines: string[] };
  /** Writes the values into the cells, and every name below them; false by default. */
  readonly hasLabels?: boolean;
}

export function heatGrid(style: ChartStyle, options: HeatOptions): EChartsOption {
  const { columns, rows, cells, format, describe, hasLabels = false } = options;
  const most = Math.max(0, ...cells.map(([, , value]) => value)) || 1;
  const base = baseOption(style);
  const look = { ...axisLook(style), splitLine: { show: false }, axisLine: { show: false } };
  return {
    ...base,
    grid: { ...base.grid, top: 4, bottom: 44 },
    tooltip: {
      ...tooltipOf(style),
      formatter: (raw) => {
        const [column, row, value] = (raw as unknown as { value: [number, number, number] }).value;
        const { title, lines } = describe(column, row, value);
        return tooltipLines(title, lines);
      },
    },
    xAxis: {
      type: 'category',
      data: [...columns],
      ...look,
      axisLabel: hasLabels
        ? { ...look.axisLabel, hideOverlap: false, interval: 0, rotate: 40 }
        : look.axisLabel,
    },
    yAxis: { type: 'category', data: [...rows], inverse: true, ...look },
    visualMap: {
      type: 'continuous',
      min: 0,
      max: most,
      calculable: false,
      orient: 'horizontal',
      left: 'center',
      bottom: 0,
      itemWidth: 12,
      itemHeight: 140,
      inRange: { color: [...style.ramp] },
      text: [format(most), format(0)],
      textStyle: { color: style.quiet, fontSize: FONT_SIZE },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(([column, row, value]) => ({
          value: [column, row, value],
          label: { color: inkOn(style, value / most) },
        })),
        label: {
          show: hasLabels,
          fontSize: 10,
          formatter: (raw) => format((raw as unknown as { value: [number, number, number] }).value[2]),
        },
        itemStyle: { borderColor: style.surface, borderWidth: 2, borderRadius: 4 },
        emphasis: { itemStyle: { borderColor: style.primary, borderWidth: 2 } },
      },
    ],
  };
}

/** Text colour on a cell: inverted on the stronger colours of the ramp. */
function inkOn({ isDark }: ChartStyle, share: number): string {
  const isStrong = share > 0.62;
  return isStrong === isDark ? '#16152a' : '#ffffff';
}
