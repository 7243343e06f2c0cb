import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { NOMINAL_FEATURES, PERSONA_SIGNALS } from '../../../server/domain/index.js';
import type { BehaviourEvent } from '../../../server/domain/index.js';
import {
  DatasetBuilder,
  FEATURE_NAMES,
  PrefixCollector,
  calibrationHalf,
  rebuildProfile,
  type PrefixPairs,
} from '../../../server/features/index.js';
import { synthesize } from '../../../server/ingest/index.js';
import {
  InvalidShapeError,
  assignPersona,
  calibrated,
  calibratePersonas,
  createRandom,
  fitCalibration,
  fitPersonas,
  marginOf,
  measureReliability,
  packPersonas,
  reliabilityOf,
  unpackPersonas,
  type PersonaModel,
} from '../../../server/learning/index.js';

/** Pairs of two personas whose chance to keep the first is `chanceOf` its margin. */
function drawnPairs(n: number, chanceOf: (margin: number) => number, signals = 10) {
  const random = createRandom(1);
  const margins = new Float64Array(2 * n);
  const later = new Int32Array(n);
  for (let pair = 0; pair < n; pair++) {
    const margin = 4 * random.next() - 2;
    margins.set([margin, -margin], 2 * pair);
    later[pair] = random.next() < chanceOf(margin) ? 0 : 1;
  }
  return { signals: new Int32Array(n).fill(signals), margins, later };
}

const logistic = (margin: number) => 1 / (1 + Math.exp(-2 * margin));

describe('a calibration', () => {
  it('finds the probabilities that outcomes were drawn from', () => {
    const calibration = fitCalibration(drawnPairs(20_000, logistic))!;
    for (const margin of [-1.5, -0.5, 0.25, 0.5, 1, 1.5])
      expect(Math.abs(calibrated(calibration, margin, 10) - logistic(margin))).toBeLessThan(0.03);
  });

  it('never falls with the margin and never says 0 or 1', () => {
    const calibration = fitCalibration(drawnPairs(500, (margin) => (margin > 0 ? 1 : 0)))!;
    const curve = Array.from({ length: 81 }, (_, i) => calibrated(calibration, i / 10 - 4, 10));
    expect(curve).toEqual([...curve].sort((a, b) => a - b));
    expect(Math.min(...curve)).toBeGreaterThan(0);
    expect(Math.max(...curve)).toBeLessThan(1);
  });

  it('lies between the curves of fewer and of more signals', () => {
    const [few, many] = [drawnPairs(400, () => 0.6, 10), drawnPairs(400, () => 0.9, 40)];
    const both = {
      signals: Int32Array.from([...few.signals, ...many.signals]),
      margins: Float64Array.from([...few.margins, ...many.margins]),
      later: Int32Array.from([...few.later, ...many.later]),
    };
    const calibration = fitCalibration(both)!;
    const at = (signals: number) => calibrated(calibration, 1, signals);
    expect(at(20)).toBeCloseTo((at(10) + at(40)) / 2, 9);
    expect([at(3), at(500)]).toEqual([at(10), at(40)]);
  });

  it('is null for too few users and for a single persona', () => {
    expect(fitCalibration(drawnPairs(50, logistic))).toBeNull();
    const one = { signals: new Int32Array(300), margins: new Float64Array(300), later: new Int32Array(300) };
    expect(fitCalibration(one)).toBeNull();
    expect(() => fitCalibration({ ...one, later: new Int32Array(2) })).toThrow(InvalidShapeError);
  });

  it('measures margins against the nearest other persona', () => {
    const distances = Float64Array.of(1, 5, 3);
    expect([0, 1, 2].map((persona) => marginOf(distances, persona, 2))).toEqual([1, -2, -1]);
  });
});

describe('a reliability table', () => {
  it('puts what was said beside what came true, with Wilson intervals', () => {
    const said = Float64Array.from({ length: 100 }, () => 0.9);
    const rows = reliabilityOf(
      said,
      Array.from(said, (_, pair) => pair % 10 !== 0),
    );
    const row = rows.find(({ nPairs }) => nPairs > 0)!;
    expect(row).toMatchObject({ low: 0.85, high: 0.95, nPairs: 100, kept: 0.9 });
    expect(row.said).toBeCloseTo(0.9, 12);
    expect(row.keptLow).toBeCloseTo(0.826, 3);
    expect(row.keptHigh).toBeCloseTo(0.945, 3);
    expect(rows.reduce((sum, { nPairs }) => sum + nPairs, 0)).toBe(100);
  });
});

describe('confidence on simulated users', () => {
  let model: PersonaModel;
  let judged: PrefixPairs;
  beforeAll(() => {
    const pseudonymize = (rawId: string) => createHash('sha256').update(rawId).digest('hex');
    const endAt = Date.UTC(2026, 5, 1);
    const { items, batches } = synthesize({ seed: 1, nUsers: 8_000, endAt, pseudonymize });
    const categories = new Map(items.map(({ itemId, category }) => [itemId, category]));
    const catalogue = { categoryOf: (itemId: string) => categories.get(itemId) ?? null };
    const histories = new Map<string, BehaviourEvent[]>();
    for (const { events } of batches()) {
      for (const event of events) {
        const history = histories.get(event.userId);
        if (history === undefined) histories.set(event.userId, [event]);
        else history.push(event);
      }
    }
    const builder = new DatasetBuilder(
      items.map(({ itemId }) => itemId),
      { now: endAt },
    );
    for (const [userId, events] of histories) builder.add(rebuildProfile(userId, events, catalogue));
    const { features, itemIds, longTail } = builder.build();
    const tail = new Set(itemIds.filter((_, item) => longTail[item] === 1));
    const collectors = {
      fit: new PrefixCollector(catalogue, (itemId) => tail.has(itemId)),
      judge: new PrefixCollector(catalogue, (itemId) => tail.has(itemId)),
    };
    for (const [userId, events] of histories) {
      events.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      collectors[calibrationHalf(userId)].add(userId, events);
    }
    const fit = fitPersonas(features, { names: FEATURE_NAMES, nominal: NOMINAL_FEATURES, seed: 1 });
    model = calibratePersonas(fit.model, collectors.fit.build());
    judged = collectors.judge.build();
  }, 120_000);

  const sure = (rows: ReturnType<typeof measureReliability>) => rows.find(({ low }) => low === 0.85)!;

  it('is right: of those said to be 90 % sure, 90 % +/- 3 % keep the persona after twice the signals', () => {
    const row = sure(measureReliability(model, judged));
    expect(row.nPairs).toBeGreaterThan(200);
    expect(Math.abs(row.kept - row.said)).toBeLessThanOrEqual(0.03);
  });

  it('is closer to what comes true than a softmax over distances', () => {
    const error = (rows: ReturnType<typeof measureReliability>) =>
      rows.reduce((sum, { nPairs, said, kept }) => sum + nPairs * Math.abs(said - kept), 0) /
      rows.reduce((sum, { nPairs }) => sum + nPairs, 0);
    const softmax = error(measureReliability({ ...model, calibration: null }, judged));
    expect(error(measureReliability(model, judged))).toBeLessThan(softmax);
  });

  it('holds live as in a table, and survives being stored', () => {
    const packed = packPersonas(model);
    const restored = unpackPersonas({ meta: JSON.parse(JSON.stringify(packed.meta)), arrays: packed.arrays });
    expect(restored).toEqual(model);
    const row = judged.before.slice(0, FEATURE_NAMES.length);
    const choice = { signals: PERSONA_SIGNALS, held: null };
    expect(assignPersona(restored, row, choice)).toEqual(assignPersona(model, row, choice));
    expect(assignPersona(model, row, choice).confidence).toBeLessThan(1);
  });

  it('is a softmax for versions made before there was a calibration, which still load', () => {
    const { meta, arrays } = packPersonas(model);
    const { calibration: _calibration, ...older } = meta;
    const restored = unpackPersonas({ meta: older, arrays });
    expect(restored.calibration).toBeNull();
    const row = judged.before.slice(0, FEATURE_NAMES.length);
    const choice = { signals: PERSONA_SIGNALS, held: null };
    const { personaId, confidence } = assignPersona(restored, row, choice);
    expect(personaId).toBe(assignPersona(model, row, choice).personaId);
    expect(confidence).toBeGreaterThan(0);
    expect(confidence).toBeLessThanOrEqual(1);
  });
});
