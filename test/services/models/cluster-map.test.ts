/** The map of users: samples for a page. */

import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import type { ClusterMap } from '../../../server/domain/index.js';
import { sampleMap } from '../../../server/services/models/index.js';

function mapOf(nUsers: number): ClusterMap {
  const column = () => Float32Array.from({ length: nUsers }, (_, row) => row);
  return {
    ...{ modelVersion: 1, nUsers: 2 * nUsers, x: column(), y: column(), silhouette: column() },
    persona: Uint8Array.from({ length: nUsers }, (_, row) => row % 5),
    userIds: Array.from({ length: nUsers }, () => randomBytes(32).toString('hex')),
  };
}

describe('a sample of the map', () => {
  it('has points from all parts of it, each with its own user, and tells of all users', () => {
    const map = mapOf(1_000);
    const sample = sampleMap(map, 300);
    expect(sample.userIds).toHaveLength(300);
    expect([sample.nUsers, sample.x[0], sample.x[150], sample.x[299]]).toEqual([2_000, 0, 500, 996]);
    for (const [place, row] of sample.x.entries()) {
      expect(sample.userIds[place]).toBe(map.userIds[row]);
      expect(sample.persona[place]).toBe(map.persona[row]);
      expect([sample.y[place], sample.silhouette[place]]).toEqual([row, row]);
    }
  });

  it('is the map itself while it is small', () => {
    const map = mapOf(300);
    expect(sampleMap(map, 300)).toBe(map);
  });
});
