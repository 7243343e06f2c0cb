/** Draws a reliability table as an SVG: observed frequency against confidence; calibrated points are on the diagonal. */

import type { ReliabilityRow } from '../learning/index.js';

const SIZE = 360;
const MARGIN = { left: 56, top: 24, right: 20, bottom: 52 };
const WIDTH = SIZE + MARGIN.left + MARGIN.right;
const HEIGHT = SIZE + MARGIN.top + MARGIN.bottom;
/** Rows with fewer pairs are too uncertain to draw. */
const MIN_PAIRS = 20;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** A standalone document, readable on light and dark pages. */
export function reliabilityPlot(rows: readonly ReliabilityRow[], title: string): string {
  const x = (share: number) => round(MARGIN.left + share * SIZE);
  const y = (share: number) => round(MARGIN.top + (1 - share) * SIZE);
  const drawn = rows.filter(({ nPairs }) => nPairs >= MIN_PAIRS);
  const grid = TICKS.flatMap((tick) => [
    `<line class="grid" x1="${x(tick)}" y1="${y(0)}" x2="${x(tick)}" y2="${y(1)}"/>`,
    `<line class="grid" x1="${x(0)}" y1="${y(tick)}" x2="${x(1)}" y2="${y(tick)}"/>`,
    `<text x="${x(tick)}" y="${y(0) + 18}" text-anchor="middle">${100 * tick} %</text>`,
    `<text x="${x(0) - 8}" y="${y(tick) + 4}" text-anchor="end">${100 * tick} %</text>`,
  ]);
  const marks = drawn.flatMap(({ said, kept, keptLow, keptHigh, nPairs }) => [
    `<line class="mark" x1="${x(said)}" y1="${y(keptLow)}" x2="${x(said)}" y2="${y(keptHigh)}"/>`,
    `<circle class="point" cx="${x(said)}" cy="${y(kept)}" r="5"><title>${nPairs} pairs</title></circle>`,
    `<text x="${x(said) - 9}" y="${y(kept) - 7}" text-anchor="end">${nPairs.toLocaleString('en')}</text>`,
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<style>text{font:12px sans-serif;fill:#555}.grid{stroke:#ccc}.diagonal{stroke:#999;stroke-dasharray:4 4}.mark{stroke:#5b4bdb;stroke-width:2}.point{fill:#5b4bdb}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    `<line class="diagonal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    ...marks,
    `<text x="${x(0.5)}" y="${HEIGHT - 10}" text-anchor="middle">confidence</text>`,
    `<text transform="translate(14 ${y(0.5)}) rotate(-90)" text-anchor="middle">kept the persona after twice the signals</text>`,
    `</svg>`,
    '',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
