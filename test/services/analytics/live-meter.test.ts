/** Rates, active users and push latencies of one instance, on a clock that the test turns. */

import { beforeEach, describe, expect, it } from 'vitest';

import { LiveMeter, latencyAt, sumOf } from '../../../server/services/analytics/live-meter.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

describe('the live meter', () => {
  let now = 0;
  let meter: LiveMeter;
  beforeEach(() => {
    now = Date.UTC(2026, 0, 5);
    meter = new LiveMeter(() => now);
  });

  it('averages the last ten whole seconds and leaves the current one out', () => {
    meter.mark('events', 'ann', 20);
    meter.mark('thumbs', 'ann', 10);
    expect(meter.pace()).toMatchObject({ eventsPerSecond: 0, thumbsPerSecond: 0, impressionsPerSecond: 0 });
    now += SECOND_MS;
    expect(meter.pace()).toMatchObject({ eventsPerSecond: 2, thumbsPerSecond: 1 });
    now += 9 * SECOND_MS;
    expect(meter.pace().eventsPerSecond).toBe(2);
    now += SECOND_MS;
    expect(meter.pace().eventsPerSecond).toBe(0);
  });

  it('reuses the slot of a second that has left the window', () => {
    meter.mark('events', 'ann', 20);
    now += 11 * SECOND_MS;
    meter.mark('events', 'ann', 30);
    now += SECOND_MS;
    expect(meter.pace().eventsPerSecond).toBe(3);
    expect(meter.totals.events).toBe(50);
  });

  it('counts requests and failures of the last five minutes', () => {
    meter.markRequest();
    meter.markRequest();
    meter.markFault();
    expect(meter.pace()).toMatchObject({ requests: 2, faults: 1 });
    now += 4 * MINUTE_MS;
    meter.markRequest();
    expect(meter.pace()).toMatchObject({ requests: 3, faults: 1 });
    now += MINUTE_MS;
    expect(meter.pace()).toMatchObject({ requests: 1, faults: 0 });
  });

  it('counts a user as active for five minutes after the last mark, and not once forgotten', () => {
    meter.mark('events', 'ann', 1);
    meter.mark('impressions', 'bob', 10);
    now += 4 * MINUTE_MS;
    meter.mark('events', 'ann', 1);
    expect(meter.activeUsers).toBe(2);
    now += 2 * MINUTE_MS;
    expect(meter.activeUsers).toBe(1);
    meter.forget('ann');
    expect(meter.activeUsers).toBe(0);
  });

  it('keeps push latencies for five minutes, exact to a fifth', () => {
    for (let latency = 1; latency <= 100; latency++) meter.markPush(latency);
    const { pushLatencies } = meter.pace();
    for (const share of [0.5, 0.99]) {
      const estimate = latencyAt(pushLatencies, share)!;
      expect(Math.abs(estimate / (share * 100) - 1)).toBeLessThan(0.2);
    }
    now += 5 * MINUTE_MS;
    expect(latencyAt(meter.pace().pushLatencies, 0.5)).toBeNull();
  });

  it('adds the latencies of several instances up', () => {
    const other = new LiveMeter(() => now);
    meter.markPush(1);
    other.markPush(1);
    other.markPush(1_000_000);
    const both = sumOf([meter.pace().pushLatencies, other.pace().pushLatencies]);
    expect(both.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(latencyAt(both, 0.5)).toBeLessThan(1.3);
  });
});
