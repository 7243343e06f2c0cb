/** Common options of all charts: font, grid, axes, legend and tooltip, in the colours of the theme. */

import type { ChartStyle } from './useChartStyle.js';
import type { EChartsOption } from './echarts.js';

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Arabic', sans-serif";
export const FONT_SIZE = 12;

export function baseOption(style: ChartStyle): EChartsOption {
  return {
    useUTC: style.isUtc,
    animationDuration: 250,
    animationDurationUpdate: 250,
    textStyle: { fontFamily: FONT, fontSize: FONT_SIZE, color: style.text },
    grid: { left: 4, right: 12, top: 44, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'all' },
  };
}

export function legendOf(style: ChartStyle, names: readonly string[]): EChartsOption['legend'] {
  return {
    type: 'scroll',
    top: 0,
    left: 0,
    right: 0,
    itemWidth: 14,
    itemHeight: 9,
    itemGap: 14,
    data: [...names],
    textStyle: { color: style.quiet, fontSize: FONT_SIZE },
    inactiveColor: style.line,
    pageIconColor: style.text,
    pageIconInactiveColor: style.line,
    pageTextStyle: { color: style.quiet },
  };
}

/** `confine` keeps the tooltip inside the card, which clips overflow. */
export function tooltipOf(style: ChartStyle) {
  return {
    confine: true,
    backgroundColor: style.surface,
    borderColor: style.line,
    padding: [8, 12] as [number, number],
    textStyle: { color: style.text, fontSize: 13 },
    extraCssText: 'border-radius: 10px; box-shadow: 0 6px 24px rgb(0 0 0 / 18%);',
  };
}

/** Label and line styles of an axis. */
export function axisLook(style: ChartStyle) {
  return {
    axisLine: { lineStyle: { color: style.line } },
    axisTick: { show: false },
    axisLabel: { color: style.quiet, fontSize: FONT_SIZE, hideOverlap: true },
    nameTextStyle: { color: style.quiet, fontSize: FONT_SIZE },
    splitLine: { lineStyle: { color: style.line } },
  };
}

/** Builds a tooltip element from lines of text; nothing in it is parsed as HTML. */
export function tooltipLines(title: string, lines: readonly string[]): HTMLElement {
  const box = document.createElement('div');
  const head = box.appendChild(document.createElement('strong'));
  head.textContent = title;
  for (const line of lines) box.appendChild(document.createElement('div')).textContent = line;
  return box;
}
