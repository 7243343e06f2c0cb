/** Tells whether figures belong to the chosen range. */

export interface AnalyticsRange {
  /** ISO instants. */
  readonly from: string;
  readonly to: string;
  readonly grain: 'MINUTE' | 'HOUR' | 'DAY';
}

const GRAIN_MS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 } as const;

/**
 * True when an answer has the grain and the length that were asked for. The server rounds both ends out to whole
 * points, so an answer may be up to two points longer; a live range moves on while its answer is on the way.
 */
export function isAnswerTo(asked: AnalyticsRange, answer: AnalyticsRange): boolean {
  const lengthOf = ({ from, to }: AnalyticsRange) => Date.parse(to) - Date.parse(from);
  const excess = lengthOf(answer) - lengthOf(asked);
  return answer.grain === asked.grain && excess >= 0 && excess <= 2 * GRAIN_MS[asked.grain];
}
