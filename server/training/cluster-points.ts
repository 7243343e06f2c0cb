/**
 * Positions of users in the plane for the dashboards: a sample small enough to send and draw.
 */

import type { PersonaFit } from '../learning/index.js';

const MAX_POINTS = 10_000;

/** Columns with an entry per point. */
export interface ClusterPoints {
  /** Int32Array, row index in the data set. */
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
 * `rows`: data set row of each row of the fit. Rows are ordered by pseudonym, which is unrelated to behaviour, so
 * evenly spaced rows are a fair sample.
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
