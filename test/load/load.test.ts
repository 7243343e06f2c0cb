/** The parts of `npm run load` that decide what is sent and what is made of the answers. */

import { describe, expect, it } from 'vitest';

import { DEFAULT_MIX, parseMix, planRequests } from './mix.js';
import { metricOf, slopePerHour } from './samples.js';

describe('the mix of a load', () => {
  it('has shares that add up to 100', () => {
    expect(parseMix(DEFAULT_MIX)).toEqual({ lists: 70, thumbs: 15, events: 10, popular: 5 });
    expect(parseMix('lists=50, thumbs=50')).toEqual({ lists: 50, thumbs: 50, events: 0, popular: 0 });
    for (const wrong of ['', 'lists=70', 'lists=50,thumbs=60', 'clicks=100', 'lists', 'constructor=100'])
      expect(parseMix(wrong)).toBeNull();
  });

  it('is kept in every hundred requests, and each thumb says something new', () => {
    const next = planRequests(parseMix(DEFAULT_MIX)!, { tokens: ['a', 'b', 'c'], itemIds: ['x', 'y'] });
    const thumbs: string[] = [];
    for (let hundred = 0; hundred < 3; hundred++) {
      const requests = Array.from({ length: 100 }, next);
      const count = (name: string) => requests.filter(({ operation }) => operation === name).length;
      expect([count('lists'), count('thumbs'), count('events'), count('popular')]).toEqual([70, 15, 10, 5]);
      for (const { operation, body, token } of requests)
        if (operation === 'thumbs') thumbs.push(token + body);
    }
    const latest = new Map<string, string>();
    for (const thumb of thumbs) {
      const { input } = (
        JSON.parse(thumb.slice(1)) as { variables: { input: { itemId: string; value: string } } }
      ).variables;
      const key = thumb[0]! + input.itemId;
      expect(latest.get(key)).not.toBe(input.value);
      latest.set(key, input.value);
    }
  });
});

describe('samples of /metrics', () => {
  it('are read by name', () => {
    const text = '# HELP a_b x\na_b 12.5\na_bc 3\na_d{x="y"} 4\n';
    expect([metricOf(text, 'a_b'), metricOf(text, 'a_bc')]).toEqual([12.5, 3]);
    expect(metricOf(text, 'a_d')).toBeNaN();
  });

  it('have a slope per hour', () => {
    const samples = [0, 1, 2].map((hour) => ({
      ...{ at: hour * 3_600_000, heapMib: 100 + 4 * hour, residentMib: 0, loopDelayMs: 0, sockets: 0 },
    }));
    expect(slopePerHour(samples, ({ heapMib }) => heapMib)).toBeCloseTo(4);
    expect(slopePerHour(samples.slice(0, 1), ({ heapMib }) => heapMib)).toBeNaN();
  });
});
