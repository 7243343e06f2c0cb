/** The parts of ECharts that our charts use. Import it from lazily loaded pages only: it is the largest dependency. */

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

/** Shared by all charts; a query for each mounted chart would leak. */
export const STILLNESS = matchMedia('(prefers-reduced-motion: reduce)');

export { VChart };
export type { EChartsOption, SeriesOption } from 'echarts';
