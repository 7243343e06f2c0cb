import { describe, expect, it } from 'vitest';

import { reliabilityPlot } from '../../server/app/reliability-plot.js';

describe('a reliability plot', () => {
  it('draws one point for each row with enough pairs, on the diagonal where what was said came true', () => {
    const row = { low: 0.85, high: 0.95, nPairs: 300, said: 0.9, kept: 0.9, keptLow: 0.86, keptHigh: 0.93 };
    const svg = reliabilityPlot([row, { ...row, nPairs: 3, said: 0.5 }], 'Confidence');
    expect(svg.match(/class="point"/g)).toHaveLength(1);
    const [, x, y] = /class="point" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!;
    const [, x1, y1, x2, y2] = /class="diagonal" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/
      .exec(svg)!
      .map(Number);
    expect((Number(x) - x1) / (x2 - x1)).toBeCloseTo((Number(y) - y1) / (y2 - y1), 2);
  });
});
