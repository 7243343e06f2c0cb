import { describe, expect, it } from 'vitest';

import {
  adjustedRandIndex,
  assignPersona,
  chooseK,
  elbowHeights,
  fitPersonas,
  InsufficientDataError,
  InvalidModelError,
  packPersonas,
  unpackPersonas,
  type PersonaFit,
} from '../../../server/learning/index.js';
import { standardise } from '../../../server/learning/clustering/preprocessing.js';
import { ARCHETYPE_IDS, BEHAVIOUR_NAMES, behaviourTable, blobs, trueLabels } from './tables.js';

const names = BEHAVIOUR_NAMES;
const p = names.length;
const features = behaviourTable(800);
const fit = fitPersonas(features, { names, seed: 1 });
const rowOf = (user: number) => features.slice(user * p, (user + 1) * p);

function expectFinite(result: PersonaFit): void {
  const numbers = [
    ...result.confidence,
    ...result.silhouettes,
    ...result.projection,
    ...result.model.centroids,
    ...result.evidence.flatMap(({ inertia, silhouette, elbow }) => [inertia, silhouette, elbow]),
    ...result.model.personas.flatMap((persona) => [
      persona.share,
      persona.silhouette,
      ...Object.values(persona.centroid),
    ]),
  ];
  expect(numbers.every(Number.isFinite)).toBe(true);
}

describe('fitting personas', () => {
  it('finds the four archetypes and calls them by their names', () => {
    expect(fit.model.personas.length).toBe(4);
    expect(adjustedRandIndex(fit.labels, trueLabels(800, 4))).toBeGreaterThan(0.95);
    ARCHETYPE_IDS.forEach((archetype, user) => {
      expect(fit.model.personas[fit.labels[user]].personaId).toBe(archetype);
    });
    expectFinite(fit);
  });

  it('stores evidence for every k, and sizes, shares and silhouettes that fit the labels', () => {
    expect(fit.evidence.map(({ k }) => k)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    fit.model.personas.forEach((persona, index) => {
      const members = [...fit.labels.keys()].filter((user) => fit.labels[user] === index);
      expect(persona.size).toBe(members.length);
      expect(persona.share).toBeCloseTo(members.length / 800, 12);
      const silhouette = members.reduce((sum, user) => sum + fit.silhouettes[user], 0) / members.length;
      expect(persona.silhouette).toBeCloseTo(silhouette, 6);
      const basket = members.reduce(
        (sum, user) => sum + features[user * p + names.indexOf('basketValue')],
        0,
      );
      expect(persona.centroid.basketValue).toBeCloseTo(basket / members.length, 9);
    });
  });

  it('measures the silhouette in all standardised features, too', () => {
    const rows = standardise(fit.model.preprocessing, features);
    const size = rows.length / 800;
    const distance = (a: number, b: number) => {
      let square = 0;
      for (let c = 0; c < size; c++) square += (rows[a * size + c] - rows[b * size + c]) ** 2;
      return Math.sqrt(square);
    };
    let total = 0;
    for (let user = 0; user < 800; user++) {
      const sums = new Float64Array(4);
      const counts = new Float64Array(4);
      for (let other = 0; other < 800; other++) {
        if (other === user) continue;
        sums[fit.labels[other]] += distance(user, other);
        counts[fit.labels[other]] += 1;
      }
      const means = sums.map((sum, k) => sum / counts[k]);
      const within = means[fit.labels[user]];
      const between = Math.min(...means.filter((_, k) => k !== fit.labels[user]));
      total += (between - within) / Math.max(between, within);
    }
    expect(fit.featureSilhouette).toBeCloseTo(total / 800, 5);
    expect(fit.featureSilhouette).toBeLessThan(fit.silhouette);
  });

  it('gives the same result for the same seed and leaves its input alone', () => {
    const before = features.slice();
    const again = fitPersonas(features, { names, seed: 1 });
    expect(again).toEqual(fit);
    expect(features).toEqual(before);
  });

  it('moves almost nobody when only the seed changes', () => {
    const other = fitPersonas(features, { names, seed: 99, previous: fit.model });
    const idOf = (result: PersonaFit, user: number) => result.model.personas[result.labels[user]].personaId;
    const moved = [...fit.labels.keys()].filter((user) => idOf(fit, user) !== idOf(other, user)).length;
    expect(moved / 800).toBeLessThan(0.03);
    expect(other.transitions.map(({ kind }) => kind)).toEqual(['kept', 'kept', 'kept', 'kept']);
  });

  it('keeps ids although the new users are others and the preprocessing is fitted anew', () => {
    const later = behaviourTable(600, 5).map((value, at) => (at % p === 1 ? value * 1.3 : value));
    const next = fitPersonas(later, { names, seed: 2, previous: fit.model });
    ARCHETYPE_IDS.forEach((archetype, user) => {
      expect(next.model.personas[next.labels[user]].personaId).toBe(archetype);
    });
  });

  it('names clusters of any other table by what sets them apart', () => {
    const table = blobs(
      300,
      [
        [0, 0],
        [9, 0],
        [0, 9],
      ],
      1,
    );
    const { model } = fitPersonas(table, { names: ['meanBasket', 'visit_count'], seed: 1 });
    expect(model.personas.length).toBe(3);
    expect(new Set(model.personas.map(({ personaId }) => personaId)).size).toBe(3);
    for (const { personaId, label } of model.personas) {
      expect(personaId).toMatch(/^[a-z0-9-]+$/);
      expect(label).toMatch(/mean basket|visit count/);
    }
  });

  it.each([
    ['one user', Float64Array.of(1, 2)],
    ['two users', Float64Array.of(1, 2, 3, 4)],
    ['users who are all alike', new Float64Array(60).fill(3)],
  ])('makes %s one persona, with finite numbers only', (_, table) => {
    const result = fitPersonas(table, { names: ['a', 'b'], seed: 1 });
    expect(result.model.personas.map(({ personaId }) => personaId)).toEqual(['everyone']);
    expect(result.labels.length).toBe(table.length / 2);
    expectFinite(result);
    expect(assignPersona(result.model, Float64Array.of(7, 7), { signals: 20, held: null })).toEqual({
      personaId: 'everyone',
      confidence: 1,
      pending: null,
    });
  });

  it('copes with fewer distinct users than clusters', () => {
    const table = Float64Array.from({ length: 40 }, (_, i) => (i % 4 < 2 ? 0 : 5));
    const result = fitPersonas(table, { names: ['a', 'b'], seed: 1 });
    expect(result.model.personas.length).toBe(2);
    expectFinite(result);
  });

  it('refuses a table without users', () => {
    expect(() => fitPersonas(new Float64Array(), { names, seed: 1 })).toThrow(InsufficientDataError);
  });

  it('reports progress that rises to 1', () => {
    const seen: number[] = [];
    fitPersonas(features, { names, seed: 1, kMax: 4, onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('choosing k', () => {
  it('measures the elbow against the chord', () => {
    const heights = elbowHeights([2, 3, 4], [10, 2, 0]);
    expect(heights[0]).toBe(0);
    expect(heights[1]).toBeCloseTo(0.3 / Math.SQRT2, 12);
    expect(heights[2]).toBe(0);
    expect(elbowHeights([2, 3], [5, 1])).toEqual([0, 0]);
    expect(elbowHeights([2, 3, 4], [5, 5, 5])).toEqual([0, 0, 0]);
  });

  it('lets the elbow decide between close silhouettes, and not against a clear one', () => {
    const at = (k: number, silhouette: number, elbow: number) => ({ k, inertia: 0, silhouette, elbow });
    expect(chooseK([at(2, 0.5, 0), at(3, 0.49, 0.3), at(4, 0.3, 0.1)])).toBe(1);
    expect(chooseK([at(2, 0.8, 0), at(3, 0.4, 0.4), at(4, 0.3, 0.2)])).toBe(0);
  });
});

describe('assigning live', () => {
  it('agrees with training for every user', () => {
    for (let user = 0; user < 200; user++) {
      const { personaId, confidence } = assignPersona(fit.model, rowOf(user), { signals: 20, held: null });
      expect(personaId).toBe(fit.model.personas[fit.labels[user]].personaId);
      expect(confidence).toBeCloseTo(fit.confidence[user], 5);
    }
  });

  it('is surer in the middle of a persona than between two', () => {
    const middle = Float64Array.from(names, (name) => fit.model.personas[0].centroid[name]);
    const other = Float64Array.from(names, (name) => fit.model.personas[1].centroid[name]);
    const between = middle.map((value, i) => (value + other[i]) / 2);
    const sure = assignPersona(fit.model, middle, { signals: 20, held: null });
    expect(sure.personaId).toBe(fit.model.personas[0].personaId);
    expect(sure.confidence).toBeGreaterThan(0.9);
    expect(assignPersona(fit.model, between, { signals: 20, held: null }).confidence).toBeLessThan(
      sure.confidence,
    );
  });

  it('moves at once on clear evidence', () => {
    const held = { personaId: 'buyer', pending: null };
    expect(assignPersona(fit.model, rowOf(0), { signals: 20, held })).toMatchObject({
      personaId: 'seeker',
      pending: null,
    });
  });

  it('asks for a second confirmation on a close call, and forgets the first when it does not come', () => {
    // Walk from one persona towards another until the nearest one changes.
    const [from, to] = [rowOf(0), rowOf(1)];
    const at = (share: number) => from.map((value, i) => value + share * (to[i] - value));
    let low = 0;
    let high = 1;
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2;
      if (assignPersona(fit.model, at(middle), { signals: 20, held: null }).personaId === 'seeker')
        low = middle;
      else high = middle;
    }
    const close = at(high);
    const nearest = assignPersona(fit.model, close, { signals: 20, held: null }).personaId;
    const first = assignPersona(fit.model, close, {
      signals: 20,
      held: { personaId: 'seeker', pending: null },
    });
    expect(first).toMatchObject({ personaId: 'seeker', pending: nearest });
    expect(assignPersona(fit.model, close, { signals: 20, held: first })).toMatchObject({
      personaId: nearest,
      pending: null,
    });
    expect(assignPersona(fit.model, from, { signals: 20, held: first })).toMatchObject({
      personaId: 'seeker',
      pending: null,
    });
  });

  it('starts afresh from a persona the model does not have', () => {
    expect(
      assignPersona(fit.model, rowOf(2), { signals: 20, held: { personaId: 'gone', pending: null } })
        .personaId,
    ).toBe('buyer');
  });
});

describe('a stored persona model', () => {
  it('comes back through JSON and typed arrays as it was', () => {
    const packed = packPersonas(fit.model);
    const restored = unpackPersonas({ meta: JSON.parse(JSON.stringify(packed.meta)), arrays: packed.arrays });
    expect(restored).toEqual(fit.model);
    expect(assignPersona(restored, rowOf(3), { signals: 20, held: null })).toEqual(
      assignPersona(fit.model, rowOf(3), { signals: 20, held: null }),
    );
  });

  it('is refused when a part is missing or too short', () => {
    const packed = packPersonas(fit.model);
    const short = { ...packed.arrays, centroids: packed.arrays.centroids.slice(1) };
    expect(() => unpackPersonas({ ...packed, arrays: short })).toThrow(InvalidModelError);
    const { axes: _axes, ...without } = packed.arrays;
    expect(() => unpackPersonas({ ...packed, arrays: without as typeof packed.arrays })).toThrow(
      InvalidModelError,
    );
  });
});
