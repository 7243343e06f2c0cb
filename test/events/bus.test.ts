import { describe, expect, it } from 'vitest';

import { createEventBus } from '../../server/events/index.js';

const update = (userId: string, receivedAt = 0) => ({ userId, cause: 'FEEDBACK' as const, receivedAt });

describe('the event bus', () => {
  it('hands an event to a subscriber who waits for it', async () => {
    const bus = createEventBus({ now: () => 7 });
    const events = bus.subscribe(['model.activated']);
    const next = events.next();
    bus.publish('model.activated', { version: 3 });
    expect(await next).toEqual({
      done: false,
      value: { name: 'model.activated', payload: { version: 3 }, publishedAt: 7 },
    });
  });

  it('keeps events for a subscriber who is busy, in order', async () => {
    const bus = createEventBus();
    const events = bus.subscribe(['model.activated']);
    for (const version of [1, 2, 3]) bus.publish('model.activated', { version });
    const versions = [await events.next(), await events.next(), await events.next()].map(
      (result) => result.value?.payload.version,
    );
    expect(versions).toEqual([1, 2, 3]);
  });

  it('gives every subscriber its own events and only those that pass its filter', async () => {
    const bus = createEventBus();
    const subscribe = (userId: string) =>
      bus.subscribe(['recommendations.updated'], { filter: ({ payload }) => payload.userId === userId });
    const [alice, bob] = [subscribe('alice'), subscribe('bob')];
    bus.publish('recommendations.updated', update('bob'));
    bus.publish('recommendations.updated', update('alice'));
    expect((await alice.next()).value?.payload.userId).toBe('alice');
    expect((await bob.next()).value?.payload.userId).toBe('bob');
  });

  it('keeps only the newest of the waiting events with one key', async () => {
    const bus = createEventBus();
    const events = bus.subscribe(['recommendations.updated'], {
      coalesceBy: ({ payload }) => payload.userId,
    });
    for (let receivedAt = 0; receivedAt < 1_000; receivedAt += 1) {
      bus.publish('recommendations.updated', update('alice', receivedAt));
    }
    bus.publish('recommendations.updated', update('bob', 5));
    bus.publish('recommendations.updated', update('alice', 1_000));
    expect((await events.next()).value?.payload).toEqual(update('bob', 5));
    expect((await events.next()).value?.payload).toEqual(update('alice', 1_000));
  });

  it('drops the oldest events past the bound of a stalled subscriber and disturbs no other', async () => {
    const bus = createEventBus({ maxPending: 10 });
    const stalled = bus.subscribe(['model.activated']);
    const awake = bus.subscribe(['model.activated']);
    const seen: (number | undefined)[] = [];
    for (let version = 0; version < 5_000; version += 1) {
      bus.publish('model.activated', { version });
      seen.push((await awake.next()).value?.payload.version);
    }
    expect(seen).toHaveLength(5_000);
    expect(seen.every((version, index) => version === index)).toBe(true);
    const kept: (number | undefined)[] = [];
    for (let i = 0; i < 10; i += 1) kept.push((await stalled.next()).value?.payload.version);
    expect(kept).toEqual([4_990, 4_991, 4_992, 4_993, 4_994, 4_995, 4_996, 4_997, 4_998, 4_999]);
  });

  it('ends a subscription by return(), also while it waits, and forgets it', async () => {
    const bus = createEventBus();
    const events = bus.subscribe(['model.activated', 'analytics.changed']);
    expect(bus.size).toBe(1);
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    bus.publish('model.activated', { version: 1 });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(bus.size).toBe(0);
  });

  it('ends a subscription by its signal, also one that was aborted before', async () => {
    const bus = createEventBus();
    const controller = new AbortController();
    const events = bus.subscribe(['model.activated'], { signal: controller.signal });
    const waiting = events.next();
    controller.abort();
    expect((await waiting).done).toBe(true);
    expect((await bus.subscribe(['model.activated'], { signal: controller.signal }).next()).done).toBe(true);
    expect(bus.size).toBe(0);
  });

  it('ends a subscription by leaving its loop', async () => {
    const bus = createEventBus();
    const events = bus.subscribe(['model.activated']);
    bus.publish('model.activated', { version: 1 });
    for await (const event of events) {
      expect(event.payload.version).toBe(1);
      break;
    }
    expect(bus.size).toBe(0);
  });

  it('lets a filter that throws end its own subscription and nothing else', async () => {
    const bus = createEventBus();
    const broken = bus.subscribe(['model.activated'], {
      filter: () => {
        throw new Error('broken filter');
      },
    });
    const whole = bus.subscribe(['model.activated']);
    const failing = broken.next();
    expect(() => bus.publish('model.activated', { version: 1 })).not.toThrow();
    await expect(failing).rejects.toThrow('broken filter');
    expect((await whole.next()).value?.payload).toEqual({ version: 1 });
    expect(bus.size).toBe(1);
  });

  it('delivers the last event in place of whatever waits, and then ends', async () => {
    const bus = createEventBus();
    const isLast = ({ payload }: { payload: { version: number } }) => payload.version === 3;
    const waiting = bus.subscribe(['model.activated'], { isLast });
    const first = waiting.next();
    const stalled = bus.subscribe(['model.activated'], { isLast });
    for (const version of [2, 3, 4]) bus.publish('model.activated', { version });
    expect((await first).value?.payload).toEqual({ version: 2 });
    for (const events of [waiting, stalled]) {
      expect((await events.next()).value?.payload).toEqual({ version: 3 });
      expect((await events.next()).done).toBe(true);
    }
    expect(bus.size).toBe(0);
  });
});
