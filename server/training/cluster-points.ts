/** The users in the plane, for the dashboards: a sample small enough to be sent and drawn. */

import type { PersonaFit } from '../learning/index.js';

const MAX_POINTS = 10_000;

/** Columns with one entry per point. */
export interface ClusterPoints {
  /** Int32Array, row of the data set. */
  readonly users: Int32Array;
  /** Float32Array: the first two principal components of behaviour. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Uint8Array, index into the personas. */
  readonly persona: Uint8Array;
  /** Float32Array, -1..1. */
  readonly silhouette: Float32Array;
}

/**
 * `rows`: the row of the data set behind each row of the fit. They are in the order of pseudonyms, which is no order at
 * all: every so-many-th is a fair sample.
 */
export function clusterPoints(
  { labels, projection, silhouettes }: PersonaFit,
  rows: Int32Array,
): ClusterPoints {
  const nUsers = labels.length;
  const n = Math.min(nUsers, MAX_POINTS);
  const sample = Int32Array.from({ length: n }, (_, point) => Math.floor((point * nUsers) / n));
  return {
    users: sample.map((at) => rows[at]),
    x: Float32Array.from(sample, (at) => projection[at * 2]),
    y: Float32Array.from(sample, (at) => projection[at * 2 + 1]),
    persona: Uint8Array.from(sample, (at) => labels[at]),
    silhouette: Float32Array.from(sample, (at) => silhouettes[at]),
  };
}
