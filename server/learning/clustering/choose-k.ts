/**
 * Chooses the number of clusters from two criteria with different errors: the mean silhouette, which favours few
 * distant clusters, and the elbow of the inertia curve, the point farthest from its chord (Satopaa et al. 2011), which
 * favours the point of diminishing returns. The candidate with the highest sum of silhouette and weighted elbow wins. A
 * weight of 0.5 suits behavioural features; a small weight lets the elbow decide ties only.
 */

export interface ClusterEvidence {
  readonly k: number;
  readonly inertia: number;
  /** Mean silhouette, -1..1. */
  readonly silhouette: number;
  /** Distance of the point below the chord of the inertia curve, both axes scaled to 0..1. */
  readonly elbow: number;
}

/** Index into `evidence` of the chosen candidate; ties go to fewer clusters. `elbowWeight`: 0..1, default 0.5. */
export function chooseK(evidence: readonly ClusterEvidence[], elbowWeight = 0.5): number {
  let best = 0;
  const worth = ({ silhouette, elbow }: ClusterEvidence) => silhouette + elbowWeight * elbow;
  for (let i = 1; i < evidence.length; i++) if (worth(evidence[i]) > worth(evidence[best])) best = i;
  return best;
}
