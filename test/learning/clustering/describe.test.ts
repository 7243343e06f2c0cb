import { describe, expect, it } from 'vitest';

import { nameClusters } from '../../../server/learning/index.js';

const FEATURES = ['likeShare', 'noveltyRate', 'longTailShare', 'categoryEntropy', 'dwellMeanSeconds'];
const named = (
  rows: number[][],
  features = FEATURES,
  taken: Parameters<typeof nameClusters>[2] = rows.map(() => null),
) => nameClusters(Float64Array.from(rows.flat()), features, taken);

describe('the names of clusters', () => {
  it('are short words for the feature that sets each apart, each once', () => {
    const names = named([
      [0, 1.8, -1, 0, 0],
      [0.2, -0.9, 0.4, 0, 0],
      [0, 1.2, 1.1, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
    expect(names.map(({ personaId, label }) => [personaId, label])).toEqual([
      ['high-novelty-rate', 'New-category fans'],
      ['low-novelty-rate', 'Familiar-category fans'],
      ['high-long-tail-share', 'Rare-item fans'],
      ['all-rounders', 'All-rounders'],
    ]);
    for (const { label } of names) expect(label.split(' ').length).toBeLessThanOrEqual(3);
  });

  it('have no Seeker where nobody searches, and no Buyer where nobody buys', () => {
    const ids = named([
      [0, 0, 0, -1, 1.6],
      [0, 0, 0, 1, -1.4],
    ]).map(({ personaId }) => personaId);
    expect(ids).not.toContain('seeker');
    expect(ids).not.toContain('buyer');
    expect(named([[2, 2]], ['searchShare', 'dwellMeanSeconds'])[0].personaId).toBe('seeker');
  });

  it('describe what the cluster itself shows, and say the text of an archetype only where all of it is true', () => {
    const features = ['purchaseRate', 'cartRate', 'basketValue', 'clickThroughRate'];
    expect(named([[2, 1, 1, 0]], features)[0].description).toMatch(/^Comes to buy/);
    const [buyer] = named([[2, -0.5, 1, 0]], features);
    expect(buyer.personaId).toBe('buyer');
    expect(buyer.description).toBe('More than most: purchase rate, basket value. Less than most: cart rate.');
  });

  it('are kept from version to version as long as they are not untrue', () => {
    const rows = [[0, 0.1, 0, 0, 0.9]];
    const keep = (personaId: string, label: string) => named(rows, FEATURES, [{ personaId, label }])[0];
    expect(keep('high-novelty-rate', 'New-category fans').personaId).toBe('high-novelty-rate');
    expect(keep('low-novelty-rate', 'Familiar-category fans').label).toBe('Careful readers');
    expect(keep('seeker', 'Seeker').label).toBe('Careful readers');
    expect(
      keep('high-novelty-rate-low-long-tail-share', 'High novelty rate, low long tail share').label,
    ).toBe('Careful readers');
  });

  it('that somebody gave are kept whatever the cluster shows', () => {
    const rows = [[0, 0.1, 0, 0, 0.9]];
    for (const personaId of ['seeker', 'low-novelty-rate', 'high-novelty-rate-low-long-tail-share']) {
      const [kept] = named(rows, FEATURES, [{ personaId, label: 'Night owls' }]);
      expect(kept).toMatchObject({ personaId, label: 'Night owls' });
    }
  });
});
