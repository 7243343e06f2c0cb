/** Checks whether an answer belongs to the chosen range. */

export interface AnalyticsRange {
  /** ISO instants. */
  readonly from: string;
  readonly to: string;
  readonly grain: 'MINUTE' | 'HOUR' | 'DAY';
}

const GRAIN_MS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 } as const;

/**
 * True if an answer has the requested grain and length. The server rounds both ends out to whole
 * points, so an answer may be up to two points longer; a live range moves while its request is in flight.
 */
export function isAnswerTo(asked: AnalyticsRange, answer: AnalyticsRange): boolean {
  const lengthOf = ({ from, to }: AnalyticsRange) => Date.parse(to) - Date.parse(from);
  const excess = lengthOf(answer) - lengthOf(asked);
  return answer.grain === asked.grain && excess >= 0 && excess <= 2 * GRAIN_MS[asked.grain];
}
