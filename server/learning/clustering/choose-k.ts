/**
 * The number of clusters, from two views that err differently: the mean silhouette, which likes few clusters that lie
 * far apart, and the elbow of the inertia curve, the point farthest from its chord (Satopaa et al. 2011), which likes the
 * place where more clusters stop paying. The candidate with the highest sum of silhouette and weighted elbow wins.
 * The weight of one half suits features of behaviour; a small one leaves ties alone to the elbow.
 */

export interface ClusterEvidence {
  readonly k: number;
  readonly inertia: number;
  /** Mean silhouette, -1..1. */
  readonly silhouette: number;
  /** Distance of this point of the inertia curve below its chord, both axes scaled to 0..1. */
  readonly elbow: number;
}

/** Index into `evidence` of the candidate to take; ties go to fewer clusters. `elbowWeight`: 0..1, default 0.5. */
export function chooseK(evidence: readonly ClusterEvidence[], elbowWeight = 0.5): number {
  let best = 0;
  const worth = ({ silhouette, elbow }: ClusterEvidence) => silhouette + elbowWeight * elbow;
  for (let i = 1; i < evidence.length; i++) if (worth(evidence[i]) > worth(evidence[best])) best = i;
  return best;
}
