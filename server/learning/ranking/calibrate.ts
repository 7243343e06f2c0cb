/**
 * Calibrated lists (Steck 2018): the shares of a user's facets in the list follow their shares among the likes. Unlike
 * there, a facet that the divergence alone would not bring into the list still gets a place.
 */

import { facetOf } from './facets.js';

import type { EmbeddingSpace, Facets } from './facets.js';

export interface Calibration {
  readonly shares: Facets['shares'];
  /** Facet of an item. */
  readonly facetOf: (itemIndex: number) => number;
}

/**
 * Weight of the divergence against relevance scaled to 0..1. Chosen on held-out training rows of goodbooks and
 * MovieLens: 0.1 and more costs NDCG, less brings no balance.
 */
const CALIBRATION_WEIGHT = 0.05;
/** Share of the target in the list's distribution, so that the divergence is finite. */
const SMOOTHING = 0.01;

/** Undefined for a user with a single facet, or none: there is nothing to balance. */
export function calibrationOf(facets: Facets | null, space: EmbeddingSpace): Calibration | undefined {
  if (facets === null || facets.nFacets < 2) return undefined;
  const known = new Map<number, number>();
  return {
    shares: facets.shares,
    facetOf(itemIndex) {
      let facet = known.get(itemIndex);
      if (facet === undefined) known.set(itemIndex, (facet = facetOf(facets, space, itemIndex)));
      return facet;
    },
  };
}

/** Penalty of the next item by its facet, while a list is chosen item by item. */
export class CalibrationPenalty {
  private readonly counts: Float64Array;
  private readonly penalties: Float64Array;
  private nChosen = 0;

  constructor(private readonly calibration: Calibration) {
    this.counts = new Float64Array(calibration.shares.length);
    this.penalties = new Float64Array(calibration.shares.length);
    this.update();
  }

  /** Weighted Kullback-Leibler divergence of the list from the target if this item is next. */
  of(itemIndex: number): number {
    return this.penalties[this.calibration.facetOf(itemIndex)];
  }

  add(itemIndex: number): void {
    this.counts[this.calibration.facetOf(itemIndex)] += 1;
    this.nChosen += 1;
    this.update();
  }

  private update(): void {
    const { shares } = this.calibration;
    for (let next = 0; next < shares.length; next++) {
      let divergence = 0;
      shares.forEach((share, facet) => {
        const own = (this.counts[facet] + Number(facet === next)) / (this.nChosen + 1);
        if (share > 0) divergence += share * Math.log(share / ((1 - SMOOTHING) * own + SMOOTHING * share));
      });
      this.penalties[next] = CALIBRATION_WEIGHT * divergence;
    }
  }
}

/**
 * Gives each facet without an item in the list the place of the last item of a facet with several, as far as
 * `candidates` (best first) hold one. The new item comes last.
 */
export function keepEveryFacet(
  list: Int32Array,
  candidates: Int32Array,
  { shares, facetOf }: Calibration,
): Int32Array {
  const kept = [...list];
  const countOf = (facet: number) => kept.filter((item) => facetOf(item) === facet).length;
  for (let facet = 0; facet < shares.length; facet++) {
    if (countOf(facet) > 0) continue;
    const joining = candidates.find((item) => facetOf(item) === facet);
    const leaving = kept.findLastIndex((item) => countOf(facetOf(item)) > 1);
    if (joining === undefined || leaving < 0) continue;
    kept.splice(leaving, 1);
    kept.push(joining);
  }
  return Int32Array.from(kept);
}
