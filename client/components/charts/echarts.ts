/** The parts of ECharts that our charts use. Imported by lazily loaded pages only: it is the largest thing there is. */

import { BarChart, HeatmapChart, LineChart, ParallelChart, SankeyChart, ScatterChart } from 'echarts/charts';
import {
  BrushComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from 'echarts/components';
import { use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import VChart from 'vue-echarts';

use([
  BarChart,
  BrushComponent,
  CanvasRenderer,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ParallelChart,
  ParallelComponent,
  SankeyChart,
  ScatterChart,
  TooltipComponent,
  VisualMapContinuousComponent,
]);

/** One query for all charts: a page that mounts them again and again would collect them. */
export const STILLNESS = matchMedia('(prefers-reduced-motion: reduce)');

export { VChart };
export type { EChartsOption, SeriesOption } from 'echarts';
