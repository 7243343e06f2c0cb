import { describe, expect, it } from 'vitest';

import type { BehaviourEvent } from '../../server/domain/index.js';
import {
  EVENT_WEIGHTS,
  applyEvents,
  canApply,
  emptyProfile,
  historyOf,
  rebuildProfile,
} from '../../server/features/index.js';
import { createRandom } from '../../server/learning/index.js';

import { CATALOGUE, event, randomEvents } from './event-stream.js';

const profileOf = (...events: BehaviourEvent[]) => rebuildProfile('u', events, CATALOGUE);

describe('a profile', () => {
  it('is the same whether events come at once or in any batches of ascending time', () => {
    const random = createRandom(7);
    for (let seed = 1; seed <= 40; seed++) {
      const events = randomEvents(seed, 120);
      let inBatches = emptyProfile('u');
      for (let start = 0; start < events.length;) {
        const end = start + 1 + random.int(20);
        const batch = random.shuffle(events.slice(start, end));
        expect(canApply(inBatches, batch)).toBe(true);
        inBatches = applyEvents(inBatches, batch, CATALOGUE);
        start = end;
      }
      expect(inBatches).toEqual(rebuildProfile('u', random.shuffle(events.slice()), CATALOGUE));
    }
  });

  it('does not change when it is added to', () => {
    const before = rebuildProfile('u', randomEvents(1, 50), CATALOGUE);
    const copy = structuredClone(before);
    applyEvents(before, randomEvents(2, 50), CATALOGUE);
    expect(before).toEqual(copy);
    expect(applyEvents(before, [], CATALOGUE)).toBe(before);
  });

  it('counts every event and rises in revision with each', () => {
    const profile = rebuildProfile('u', randomEvents(3, 70), CATALOGUE);
    expect(profile.eventCount).toBe(70);
    expect(profile.revision).toBe(70);
    expect(profile.behaviour.events).toBe(70);
  });

  it('holds for each item what its events add up to', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const events = randomEvents(seed, 80);
      const profile = rebuildProfile('u', events, CATALOGUE);
      const itemIds = new Set(
        events.filter(({ type }) => !['impression', 'search'].includes(type)).map(({ itemId }) => itemId!),
      );
      expect(new Set(profile.interactions.map((row) => row.itemId))).toEqual(itemIds);
      for (const row of profile.interactions) {
        const own = events.filter((e) => e.itemId === row.itemId && e.type !== 'impression');
        const thumbs = own.filter((e) => ['like', 'dislike', 'retract'].includes(e.type));
        const last = thumbs.at(-1)?.type;
        const opinion = last === 'like' ? 1 : last === 'dislike' ? -1 : 0;
        const acted = own.filter((e) => e.type !== 'like').reduce((sum, e) => sum + EVENT_WEIGHTS[e.type], 0);
        expect(row.opinion).toBe(opinion);
        expect(row.strength).toBe(acted + (opinion === 1 ? EVENT_WEIGHTS.like : 0));
        expect(row.isPurchased).toBe(own.some((e) => e.type === 'purchase'));
        const actedAt = own.filter((e) => !thumbs.includes(e)).at(-1)?.at ?? 0;
        expect(row.actedAt).toBe(actedAt);
        expect(row.at).toBe(own.at(-1)!.at);
      }
    }
  });

  it('remembers stars in the middle for good, whatever the user does later', () => {
    const events: BehaviourEvent[] = (['rating', 'view', 'like', 'retract'] as const).map((type, n) => ({
      ...{ id: `e${n}`, userId: 'u', type, itemId: 'i', at: 1_000 + n, value: type === 'rating' ? 3 : null },
      ...{ sessionId: null, position: null, listId: null, device: null, locale: null },
    }));
    const [row] = rebuildProfile('u', events, CATALOGUE).interactions;
    expect(row).toMatchObject({ isRated: true, opinion: 0, strength: 2 * EVENT_WEIGHTS.view });
    expect(rebuildProfile('u', events.slice(0, 1), CATALOGUE).behaviour).toMatchObject({
      ...{ views: 1, dwellCount: 0 },
    });
    expect(rebuildProfile('u', events.slice(1), CATALOGUE).interactions[0].isRated).toBe(false);
  });

  it('weighs events in the order of the interest they show', () => {
    const { impression, view, click, cart, purchase, like } = EVENT_WEIGHTS;
    expect(impression).toBe(0);
    expect([view, click, cart, purchase, like]).toEqual(
      [view, click, cart, purchase, like].sort((a, b) => a - b),
    );
    expect(new Set([impression, view, click, cart, purchase, like]).size).toBe(6);
  });

  it('loses a thumb that is taken back and keeps the views', () => {
    const view = event({ id: 'a', type: 'view', at: 1e12 });
    const like = event({ id: 'b', type: 'like', at: 1e12 + 1 });
    const retract = event({ id: 'c', type: 'retract', at: 1e12 + 2 });
    expect(profileOf(view, like).interactions[0]).toMatchObject({ opinion: 1, strength: 7 });
    expect(profileOf(view, like, retract).interactions[0]).toMatchObject({ opinion: 0, strength: 1 });
  });

  it('gives the same history after a thumb is taken back as before it', () => {
    const view = event({ id: 'a', type: 'view', at: 1e12 });
    const thumb = event({ id: 'b', type: 'dislike', at: 1e12 + 1 });
    const retract = event({ id: 'c', type: 'retract', at: 1e12 + 2 });
    const index = new Map([[view.itemId!, 0]]);
    expect(historyOf(profileOf(view, thumb), index).at).toEqual(Float64Array.of(thumb.at));
    expect(historyOf(profileOf(view, thumb, retract), index)).toEqual(historyOf(profileOf(view), index));
  });

  it('settles opposite thumbs of one instant by event id', () => {
    const like = event({ id: 'b', type: 'like' });
    const dislike = event({ id: 'a', type: 'dislike' });
    expect(profileOf(like, dislike).interactions[0].opinion).toBe(1);
    expect(profileOf(dislike, like).interactions[0].opinion).toBe(1);
  });

  it('says that an event from before the latest one needs a rebuild', () => {
    const profile = profileOf(event({ id: 'a', type: 'view', at: 2e12 }));
    expect(canApply(profile, [event({ id: 'b', type: 'view', at: 2e12 })])).toBe(true);
    expect(canApply(profile, [event({ id: 'b', type: 'view', at: 2e12 - 1 })])).toBe(false);
  });

  it('lets an event without a session join the open one within half an hour', () => {
    const start = Date.UTC(2026, 0, 5);
    const minutes = (n: number) => start + n * 60_000;
    const { behaviour } = profileOf(
      event({ id: 'a', type: 'view', at: start, sessionId: 's' }),
      event({ id: 'b', type: 'like', at: minutes(20) }),
      event({ id: 'c', type: 'view', at: minutes(100), sessionId: 's' }),
      event({ id: 'd', type: 'like', at: minutes(131) }),
      event({ id: 'e', type: 'view', at: minutes(140), sessionId: 't' }),
    );
    expect(behaviour).toMatchObject({ sessions: 1, bounces: 0, sessionSeconds: 6000 });
    expect(behaviour.session).toEqual({ id: 't', startAt: minutes(131), lastAt: minutes(140), events: 2 });
  });

  it('has no sessions and hours where times are unknown', () => {
    const { behaviour } = profileOf(
      event({ id: 'a', type: 'like', at: 4 }),
      event({ id: 'b', type: 'dislike', at: 5, itemId: 'i2' }),
    );
    expect(behaviour).toMatchObject({ events: 2, sessions: 0, session: null, firstAt: 0 });
    expect(behaviour.hours.every((count) => count === 0)).toBe(true);
  });
});
