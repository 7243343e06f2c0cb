import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent } from '../../server/domain/index.js';
import { ARCHETYPES } from '../../server/domain/index.js';
import {
  PARAMETERS,
  affinities,
  encounters,
  likeChance,
  likeThreshold,
  expectedReactions,
  reactToList,
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

function byUser(events: readonly BehaviourEvent[]): Map<string, BehaviourEvent[]> {
  const users = new Map<string, BehaviourEvent[]>();
  for (const event of events) users.set(event.userId, [...(users.get(event.userId) ?? []), event]);
  return users;
}

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

  it('simulates about fifty events a user, of every type, and many likes in the last week', () => {
    expect(events.length / 300).toBeGreaterThan(45);
    expect(events.length / 300).toBeLessThan(60);
    expect(new Set(events.map((event) => event.type)).size).toBe(8);
    const lastWeek = events.filter((event) => event.type === 'like' && event.at > END_AT - WEEK);
    const withFive = [...byUser(lastWeek).values()].filter((own) => own.length >= 5);
    expect(withFive.length).toBeGreaterThan(240);
  });

  it('lets nobody like an item twice, or one met in an earlier week', () => {
    for (const own of byUser(events).values()) {
      const met = new Map<string, number>();
      const liked = own.filter((event) => event.type === 'like');
      expect(new Set(liked.map((event) => event.itemId)).size).toBe(liked.length);
      for (const event of own) {
        if (event.itemId === null || event.type === 'impression') continue;
        if (event.type === 'like') expect(event.at - (met.get(event.itemId) ?? event.at)).toBeLessThan(WEEK);
        if (!met.has(event.itemId)) met.set(event.itemId, event.at);
      }
    }
  });

  it('has an oracle that ranks the likes of the last week nearly, not perfectly', () => {
    const users = byUser(events);
    const row = new Map(world.items.map((item, index) => [item.itemId, index]));
    const scores = new Float32Array(world.items.length);
    const precisions: number[] = [];
    world.truth.userIds.forEach((userId, u) => {
      const own = users.get(userId)!.filter((event) => event.itemId !== null && event.type !== 'impression');
      const cut = END_AT - 42 * 60_000 - WEEK;
      const held = new Set(
        own.filter((event) => event.type === 'like' && event.at >= cut).map((event) => event.itemId),
      );
      if (held.size < 5) return;
      const seen = new Set(own.filter((event) => event.at < cut).map((event) => row.get(event.itemId!)!));
      trueAffinity(world.truth, u, scores);
      const ranked = [...scores.keys()]
        .filter((item) => !seen.has(item))
        .sort((a, b) => scores[b] - scores[a]);
      const hits = ranked.slice(0, 5).filter((item) => held.has(world.items[item].itemId)).length;
      precisions.push(hits / 5);
    });
    const mean = precisions.reduce((sum, value) => sum + value, 0) / precisions.length;
    expect(mean).toBeGreaterThan(0.85);
    expect(mean).toBeLessThan(0.95);
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

describe('the behaviour model', () => {
  const length = PARAMETERS.nComponents + 1;
  const affinity = Float32Array.from({ length: 200 }, (_, item) => item / 200);

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

  it('likes an item at the threshold as often as not, and the better ones more', () => {
    const threshold = likeThreshold(affinity);
    expect(affinity.filter((value) => value >= threshold)).toHaveLength(PARAMETERS.likeable);
    expect(likeChance(threshold, threshold)).toBe(0.5);
    expect(likeChance(0.9, threshold)).toBeGreaterThan(likeChance(0.7, threshold));
  });

  it('brings items to notice that fit and were not met', () => {
    const isMet = new Uint8Array(200).fill(1, 190);
    const noticed = encounters(affinity, isMet, 20, createRandom(4));
    expect(new Set(noticed).size).toBe(20);
    expect(noticed.every((item) => isMet[item] === 0)).toBe(true);
    expect(noticed.filter((item) => item >= 130).length).toBeGreaterThan(15);
    expect(encounters(affinity, new Uint8Array(200).fill(1), 20, createRandom(4))).toEqual([]);
  });

  it('reacts to a shown list from the top down, and to what it likes', () => {
    const random = createRandom(6);
    const user = { affinity, threshold: 0.5, openShare: 0.5 };
    const seenAt = new Array<number>(10).fill(0);
    for (let round = 0; round < 500; round++) {
      const reactions = reactToList([199, 1, 198, 2, 197, 3, 196, 4, 195, 5], user, random);
      const firstUnseen = reactions.findIndex((reaction) => !reaction.isSeen);
      for (const { position, itemIndex, isSeen, isOpened, opinion } of reactions) {
        if (isSeen) seenAt[position] += 1;
        else
          expect([firstUnseen >= 0 && position >= firstUnseen, isOpened, opinion]).toEqual([true, false, 0]);
        if (opinion === 1) expect(itemIndex).toBeGreaterThan(100);
      }
    }
    expect(seenAt[0]).toBe(500);
    expect(seenAt).toEqual(seenAt.slice().sort((a, b) => b - a));
    expect(seenAt[9]).toBeLessThan(100);
  });

  it('come to what they are expected to come to', () => {
    const random = createRandom(7);
    const user = {
      affinity: Float32Array.from({ length: 20 }, (_, i) => i / 20),
      threshold: 0.5,
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
