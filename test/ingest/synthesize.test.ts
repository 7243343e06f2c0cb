import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent } from '../../server/domain/index.js';
import { ARCHETYPES } from '../../server/domain/index.js';
import {
  PARAMETERS,
  affinities,
  expectedReactions,
  fitOf,
  fitThreshold,
  pick,
  pickFrom,
  reactToList,
  runningSums,
  readTruth,
  synthesize,
  trueAffinity,
  writeTruth,
} from '../../server/ingest/index.js';
import { createRandom } from '../../server/learning/index.js';

import { temporaryFolder } from './temporary-file.js';

const END_AT = Date.UTC(2026, 4, 20, 15, 42);
const WEEK = 7 * 86_400_000;
const pseudonymize = (rawId: string) => createHash('sha256').update(rawId).digest('hex');

function run(over: Partial<Parameters<typeof synthesize>[0]> = {}) {
  const world = synthesize({ seed: 11, nUsers: 300, endAt: END_AT, pseudonymize, ...over });
  return { world, events: [...world.batches()].flatMap((batch) => batch.events) };
}

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

function groups<T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const row of rows) {
    const group = found.get(keyOf(row));
    if (group === undefined) found.set(keyOf(row), [row]);
    else group.push(row);
  }
  return found;
}

const byUser = (events: readonly BehaviourEvent[]) => groups(events, ({ userId }) => userId);

describe('the synthesiser', () => {
  const { world, events } = run();

  it('gives the same bytes for the same seed and others for another', () => {
    const again = run();
    expect(digest(again.events)).toBe(digest(events));
    expect(digest(again.world.items)).toBe(digest(world.items));
    expect(digest(run({ seed: 12 }).events)).not.toBe(digest(events));
  });

  it('gives a larger run the users of a smaller one first', () => {
    const few = run({ nUsers: 40 }).events;
    expect(digest(events.slice(0, few.length))).toBe(digest(few));
  });

  it('gives everybody a past, and every event an id of its own and its place in time', () => {
    const endAt = Math.floor(END_AT / 3_600_000) * 3_600_000;
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    const users = byUser(events);
    expect(users.size).toBe(300);
    for (const own of users.values()) {
      expect(own[0].at).toBeGreaterThanOrEqual(endAt - 8 * WEEK);
      expect(own[0].at).toBeLessThan(endAt - WEEK);
      expect(own.at(-1)!.at).toBeLessThan(endAt);
      for (let i = 1; i < own.length; i++) expect(own[i].at).toBeGreaterThanOrEqual(own[i - 1].at);
    }
  });

  it('knows users by pseudonyms only', () => {
    expect(events.every((event) => /^[0-9a-f]{64}$/.test(event.userId))).toBe(true);
    expect(JSON.stringify(events)).not.toContain('demo-');
  });

  it('simulates about sixty events a user, of every type, and at least ten signals', () => {
    expect(events.length / 300).toBeGreaterThan(45);
    expect(events.length / 300).toBeLessThan(65);
    expect(new Set(events.map((event) => event.type)).size).toBe(8);
    for (const own of byUser(events).values())
      expect(own.filter(({ type }) => type !== 'impression').length).toBeGreaterThanOrEqual(10);
  });

  it('lets nobody find an item twice, or before it exists', () => {
    const createdAt = new Map(world.items.map((item) => [item.itemId, item.createdAt]));
    const isNew = (itemId: string) => createdAt.get(itemId)! > END_AT - 8 * WEEK;
    expect([...createdAt.keys()].filter(isNew)).toHaveLength(80);
    for (const own of byUser(events).values()) {
      const liked = own.filter((event) => event.type === 'like');
      expect(new Set(liked.map((event) => event.itemId)).size).toBe(liked.length);
      for (const { itemId, at } of own)
        if (itemId !== null) expect(at).toBeGreaterThanOrEqual(createdAt.get(itemId)!);
    }
    expect(events.some(({ itemId }) => itemId !== null && isNew(itemId))).toBe(true);
  });

  it('has an oracle that ranks the finds of the last week far better than popularity', () => {
    const users = byUser(events);
    const row = new Map(world.items.map((item, index) => [item.itemId, index]));
    const scores = new Float32Array(world.items.length);
    const looks = new Map<string, number>();
    const isFind = ({ type }: BehaviourEvent) => type === 'view' || type === 'click';
    for (const event of events)
      if (isFind(event)) looks.set(event.itemId!, (looks.get(event.itemId!) ?? 0) + 1);
    const popular = Float32Array.from(world.items, ({ itemId }) => looks.get(itemId) ?? 0);
    const cut = END_AT - 42 * 60_000 - WEEK;
    const precision = (scores: Float32Array, seen: Set<number>, held: Set<string>) =>
      [...scores.keys()]
        .filter((item) => !seen.has(item))
        .sort((a, b) => scores[b] - scores[a])
        .slice(0, 5)
        .filter((item) => held.has(world.items[item].itemId)).length / 5;
    const sums = { oracle: 0, popularity: 0, users: 0 };
    world.truth.userIds.forEach((userId, u) => {
      const own = users.get(userId)!.filter(isFind);
      const seen = new Set(own.filter(({ at }) => at < cut).map(({ itemId }) => row.get(itemId!)!));
      const held = new Set(own.filter(({ at }) => at >= cut).map(({ itemId }) => itemId!));
      if (held.size < 5) return;
      sums.oracle += precision(trueAffinity(world.truth, u, scores), seen, held);
      sums.popularity += precision(popular, seen, held);
      sums.users += 1;
    });
    expect(sums.oracle / sums.users).toBeGreaterThan(0.4);
    expect(sums.oracle / sums.users).toBeLessThan(0.65);
    expect(sums.oracle).toBeGreaterThan(3 * sums.popularity);
  });

  it('mixes archetypes with one that dominates', () => {
    const { truth } = world;
    for (let u = 0; u < 300; u++) {
      const mixture = [...truth.mixtures.subarray(u * 4, u * 4 + 4)];
      expect(mixture.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
      expect(mixture.indexOf(Math.max(...mixture))).toBe(truth.dominant[u]);
    }
    expect(new Set(truth.dominant).size).toBe(ARCHETYPES.length);
  });

  it('has the rates of real shops', () => {
    const { events: many } = run({ nUsers: 1_500 });
    const count = (...types: string[]) => many.filter(({ type }) => types.includes(type)).length;
    const sessions = [...groups(many, ({ sessionId }) => sessionId).values()];
    const sessionShare = (isSuch: (session: BehaviourEvent[]) => boolean) =>
      sessions.filter(isSuch).length / sessions.length;
    const rates = {
      clickThrough: [count('click') / count('impression'), 0.01, 0.1],
      thumbs: [count('like', 'dislike') / many.length, 0.001, 0.02],
      bounce: [sessionShare((session) => session.length === 1), 0.049, 0.5],
      conversion: [sessionShare((session) => session.some(({ type }) => type === 'purchase')), 0.023, 0.155],
      popularity: [slopeOf(many), 0.613, 0.871],
    };
    for (const [name, [value, low, high]] of Object.entries(rates)) {
      expect(value, name).toBeGreaterThan(low);
      expect(value, name).toBeLessThan(high);
    }
  });

  it('draws tastes from the categories of the archetype, and lets themes follow each other', () => {
    const { world: synthesis } = run({ nUsers: 800 });
    const { themeCategory, itemTheme } = synthesis.world;
    const people = [...synthesis.batches()].flatMap((batch) => batch.people);
    const own = people.flatMap(({ person }) =>
      person.themes.map((theme) => Number(themeCategory[theme] % 4 === person.dominant)),
    );
    expect(own.reduce((sum, is) => sum + is, 0) / own.length).toBeGreaterThan(0.6);
    const pairs = new Map<number, number[]>();
    for (const { met } of people)
      for (let k = 1; k < met.length; k++) {
        const [from, to] = [itemTheme[met[k - 1]], itemTheme[met[k]]];
        if (from !== to) pairs.set(from, [...(pairs.get(from) ?? []), to]);
      }
    // The theme that follows most often does so far more often than one in fifty.
    const shares = [...pairs.values()].map((next) => {
      const counts = groups(next, (theme) => theme);
      return Math.max(...[...counts.values()].map(({ length }) => length)) / next.length;
    });
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.15);
  });

  it('refuses sizes too small to simulate', () => {
    expect(() => run({ nItems: 10 })).toThrow(/at least/);
    expect(() => run({ nUsers: 0 })).toThrow(/at least/);
  });
});

describe('the ground truth file', () => {
  it('gives back what was written', async () => {
    const { world } = run({ nUsers: 30, nItems: 60 });
    const path = join(temporaryFolder(), 'truth.jsonl');
    await writeTruth(path, world.truth);
    expect(await readTruth(path)).toEqual(world.truth);
  });

  it('is refused when it has a different format or is incomplete', async () => {
    const { world } = run({ nUsers: 30, nItems: 60 });
    const path = join(temporaryFolder(), 'truth.jsonl');
    await writeTruth(path, { ...world.truth, userIds: world.truth.userIds.slice(0, 20) });
    expect((await readTruth(path)).userIds).toHaveLength(20);
    writeFileSync(path, '{"format":"other"}\n');
    await expect(readTruth(path)).rejects.toThrow(/not a ground truth file/);
    writeFileSync(path, '');
    await expect(readTruth(path)).rejects.toThrow(/incomplete/);
  });

  it('is refused by its path when it cannot be written', async () => {
    const { world } = run({ nUsers: 10, nItems: 60 });
    await expect(writeTruth(join(temporaryFolder(), 'no', 'truth.jsonl'), world.truth)).rejects.toThrow(
      /ENOENT/,
    );
  });
});

/** Minus the slope of the log number of looks by the log rank of the item. */
function slopeOf(events: readonly BehaviourEvent[]): number {
  const counts = new Map<string, number>();
  for (const { type, itemId } of events)
    if (type === 'view' || type === 'click') counts.set(itemId!, (counts.get(itemId!) ?? 0) + 1);
  const logs = [...counts.values()].sort((a, b) => b - a).map(Math.log);
  const ranks = logs.map((_, rank) => Math.log(rank + 1));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(ranks), mean(logs)];
  return (
    -mean(ranks.map((rank, k) => (rank - x) * (logs[k] - y))) / mean(ranks.map((rank) => (rank - x) ** 2))
  );
}

describe('the behaviour model', () => {
  const length = PARAMETERS.nComponents + 3;
  const affinity = Float32Array.from({ length: 200 }, (_, item) => item / 10);

  it('scores items by dot products', () => {
    const random = createRandom(2);
    const taste = Float32Array.from({ length }, () => random.normal());
    const vectors = Float32Array.from({ length: 5 * length }, () => random.normal());
    const scores = affinities(taste, vectors, new Float32Array(5));
    for (let item = 0; item < 5; item++) {
      let slow = 0;
      for (let c = 0; c < length; c++) slow += taste[c] * vectors[item * length + c];
      expect(scores[item]).toBeCloseTo(slow, 4);
    }
  });

  it('has a fit of one half at the threshold, and more above', () => {
    const threshold = fitThreshold(affinity);
    expect(affinity.filter((value) => value >= threshold)).toHaveLength(PARAMETERS.fitting);
    expect(fitOf(threshold, threshold)).toBe(0.5);
    expect(fitOf(9, threshold)).toBeGreaterThan(fitOf(7, threshold));
  });

  it('draws by odds, in both ways alike', () => {
    const odds = Float64Array.from([1, 0, 2, 5]);
    const [ways, rounds] = [[new Array<number>(4).fill(0), new Array<number>(4).fill(0)], 8_000];
    const [one, other] = [createRandom(3), createRandom(4)];
    const sums = runningSums(odds);
    for (let round = 0; round < rounds; round++) {
      ways[0][pick(odds, one)!] += 8 / rounds;
      ways[1][pickFrom(sums, other)] += 8 / rounds;
    }
    for (const counts of ways) odds.forEach((value, k) => expect(counts[k]).toBeCloseTo(value, 0));
    expect(ways.map((counts) => counts[1])).toEqual([0, 0]);
    const factors = Float32Array.from([1, 9, 0, 0]);
    expect(pick(odds, one, factors)).toBe(0);
    expect(pick(new Float64Array(4), one)).toBeNull();
  });

  it('reacts to a shown list from the top down, and to what it likes', () => {
    const random = createRandom(6);
    const user = { affinity, threshold: 10, openShare: 0.5 };
    const seenAt = new Array<number>(10).fill(0);
    for (let round = 0; round < 500; round++) {
      const reactions = reactToList([199, 1, 198, 2, 197, 3, 196, 4, 195, 5], user, random);
      const firstUnseen = reactions.findIndex((reaction) => !reaction.isSeen);
      for (const { position, itemIndex, isSeen, isOpened } of reactions) {
        if (isSeen) seenAt[position] += 1;
        else expect([firstUnseen >= 0 && position >= firstUnseen, isOpened]).toEqual([true, false]);
        if (isOpened) expect(itemIndex).toBeGreaterThan(100);
      }
    }
    expect(seenAt[0]).toBe(500);
    expect(seenAt).toEqual(seenAt.slice().sort((a, b) => b - a));
    expect(seenAt[9]).toBeLessThan(100);
  });

  it('come to what they are expected to come to', () => {
    const random = createRandom(7);
    const user = {
      affinity: Float32Array.from({ length: 20 }, (_, i) => i / 2),
      threshold: 5,
      openShare: 0.5,
    };
    const list = [19, 1, 12, 3, 10];
    const counted = { seen: 0, opened: 0 };
    const rounds = 20_000;
    for (let round = 0; round < rounds; round++) {
      for (const { isSeen, isOpened } of reactToList(list, user, random)) {
        if (isSeen) counted.seen += 1 / rounds;
        if (isOpened) counted.opened += 1 / rounds;
      }
    }
    const expected = expectedReactions(list, user);
    expect(counted.seen).toBeCloseTo(expected.seen, 1);
    expect(counted.opened).toBeCloseTo(expected.opened, 1);
    expect(expected.opened).toBeGreaterThan(0.3);
  });
});
