import { describe, expect, it } from 'vitest';

import {
  fitDistributions,
  fitPersonas,
  InvalidShapeError,
  measureDrift,
  populationStability,
  transitionsOf,
} from '../../../server/learning/index.js';
import { BEHAVIOUR_NAMES, behaviourTable } from './tables.js';

const names = BEHAVIOUR_NAMES;
const p = names.length;

describe('population stability', () => {
  const trained = behaviourTable(2_000, 1);
  const distributions = fitDistributions(trained, p);

  it('is 0 on the training users and small on others like them', () => {
    for (const value of populationStability(distributions, trained)) expect(value).toBeCloseTo(0, 12);
    for (const value of populationStability(distributions, behaviourTable(2_000, 2)))
      expect(value).toBeLessThan(0.05);
  });

  it('rises for the feature that moved and for no other', () => {
    const moved = behaviourTable(2_000, 2).map((value, at) => (at % p === 3 ? value * 1.6 : value));
    const index = populationStability(distributions, moved);
    index.forEach((value, feature) => {
      if (feature === 3) expect(value).toBeGreaterThan(0.1);
      else expect(value).toBeLessThan(0.05);
    });
  });

  it('agrees with the definition by hand', () => {
    const before = fitDistributions(Float64Array.of(0, 0, 0, 1), 1);
    // Three quarters and a quarter become a quarter and three quarters.
    const [index] = populationStability(before, Float64Array.of(0, 1, 1, 1));
    expect(index).toBeCloseTo(2 * 0.5 * Math.log(3), 10);
  });

  it('stays finite for a feature that is constant or leaves its range', () => {
    const constant = fitDistributions(new Float64Array(20).fill(2), 1);
    expect(populationStability(constant, new Float64Array(20).fill(2))[0]).toBe(0);
    expect(Number.isFinite(populationStability(constant, new Float64Array(20).fill(9))[0])).toBe(true);
    expect(() => populationStability(constant, new Float64Array())).toThrow(InvalidShapeError);
  });
});

describe('persona drift', () => {
  it('tells a persona that moved or grew from those that stayed', () => {
    const features = behaviourTable(800);
    const before = fitPersonas(features, { names, seed: 1 });
    // Half of the explorers leave; buyers linger.
    const rows = Array.from({ length: 800 }, (_, user) =>
      Array.from(features.subarray(user * p, (user + 1) * p)),
    )
      .filter((_, user) => user % 8 !== 3)
      .map((row) => row.map((value, f) => (f === 1 && row[4] > 0.12 ? value * 1.5 : value)));
    const { personas, stability } = measureDrift(before.model, Float64Array.from(rows.flat()));
    const drift = new Map(personas.map((row) => [row.personaId, row]));
    expect(drift.size).toBe(4);
    const { share, previousShare } = drift.get('explorer')!;
    expect(share - previousShare).toBeLessThan(-0.08);
    expect(drift.get('buyer')!.centroidShift).toBeGreaterThan(2 * drift.get('browser')!.centroidShift);
    expect(stability).toHaveLength(p);
  });

  it('is nothing for the users a version was fitted to, whether it tells them apart or not', () => {
    for (const features of [behaviourTable(400), new Float64Array(20 * p).fill(1)]) {
      const { model } = fitPersonas(features, { names, seed: 1 });
      for (const { centroidShift, share, previousShare } of measureDrift(model, features).personas) {
        expect(centroidShift).toBeLessThan(0.05);
        expect(share).toBeCloseTo(previousShare, 1);
      }
    }
  });

  it('leaves a persona nobody belongs to any more where it was', () => {
    const { model } = fitPersonas(behaviourTable(400), { names, seed: 1 });
    const others = Float64Array.from(
      Array.from({ length: 400 }, (_, user) => user)
        .filter((user) => user % 4 !== 3)
        .flatMap((user) => Array.from(behaviourTable(400).subarray(user * p, (user + 1) * p))),
    );
    const gone = measureDrift(model, others).personas.find(({ share }) => share < 0.01);
    expect(gone?.centroidShift).toBeGreaterThanOrEqual(0);
    expect(gone?.previousShare).toBeGreaterThan(0.2);
  });
});

describe('what became of personas', () => {
  it('says kept, born and died', () => {
    const overlap = Float64Array.of(90, 2, 3, 5, 1, 1);
    expect(
      transitionsOf(['a', 'b'], ['a', 'new', 'other'], Float64Array.of(90, 0, 0, 0, 0, 0)).map(
        ({ kind }) => kind,
      ),
    ).toEqual(['kept', 'born', 'born', 'died']);
    expect(transitionsOf(['a', 'b', 'c'], ['a', 'b'], overlap)).toContainEqual({
      kind: 'died',
      from: ['c'],
      to: [],
    });
  });

  it('says split when one persona spreads over two clusters that are mostly its own', () => {
    const overlap = Float64Array.of(50, 45, 5, 0, 2, 98);
    expect(transitionsOf(['a', 'b'], ['a', 'half', 'b'], overlap)).toEqual([
      { kind: 'kept', from: ['a'], to: ['a'] },
      { kind: 'kept', from: ['b'], to: ['b'] },
      { kind: 'split', from: ['a'], to: ['a', 'half'] },
    ]);
  });

  it('says merged when one cluster takes in most of two personas', () => {
    const overlap = Float64Array.of(95, 5, 90, 10, 0, 100);
    expect(transitionsOf(['a', 'b', 'c'], ['a', 'c'], overlap)).toEqual([
      { kind: 'kept', from: ['a'], to: ['a'] },
      { kind: 'kept', from: ['c'], to: ['c'] },
      { kind: 'merged', from: ['a', 'b'], to: ['a'] },
    ]);
  });
});
