/** The gate in simulated time: what waits, and for how long, in a stall and in an overload. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DEFAULT_GATE_LIMITS, RequestGate } from '../../server/api/request-gate.js';

const SERVICE_MS = 100;
/** Requests a second that the gate of these tests can serve: 32 at once, each for SERVICE_MS. */
const CAPACITY = (DEFAULT_GATE_LIMITS.maxInFlight * 1_000) / SERVICE_MS;

let now = 0;
let gate: RequestGate;
/** Milliseconds from arrival to admission, by the time of arrival. */
let admitted: { at: number; waitedMs: number }[];
let nRefused: number;
let stalledUntil = 0;

async function request(): Promise<void> {
  const at = now;
  if (!(await gate.enter())) {
    nRefused += 1;
    return;
  }
  admitted.push({ at, waitedMs: now - at });
  const serviceMs = Math.max(SERVICE_MS, stalledUntil - now);
  setTimeout(() => gate.leave(), serviceMs);
}

async function run(milliseconds: number, perSecond: number): Promise<void> {
  let due = 0;
  for (const until = now + milliseconds; now < until; now += 5) {
    for (due += perSecond / 200; due >= 1; due -= 1) void request();
    await vi.advanceTimersByTimeAsync(5);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  [now, nRefused, stalledUntil] = [0, 0, 0];
  admitted = [];
  gate = new RequestGate(DEFAULT_GATE_LIMITS, () => now);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the gate', () => {
  it('keeps those that it admits fast in an overload that lasts, and refuses the rest', async () => {
    // Uneven arrivals: in the gaps the gate reaches down to those that have waited for long.
    for (let round = 0; round < 40; round++) {
      await run(100, 5 * CAPACITY);
      await run(150, 0.3 * CAPACITY);
    }
    const late = admitted.filter(({ at }) => at > 2_000).map(({ waitedMs }) => waitedMs);
    expect(late.length / (8 * CAPACITY)).toBeGreaterThan(0.9);
    expect(Math.max(...late)).toBeLessThanOrEqual(250);
    expect(nRefused).toBeGreaterThan(CAPACITY);
  });

  it('refuses within a second, and not at once, in an overload: clients that try again at once do not flood it', async () => {
    const refusedMs: number[] = [];
    const client = async () => {
      while (now < 5_000) {
        const at = now;
        if (await gate.enter()) setTimeout(() => gate.leave(), SERVICE_MS);
        else if (at > 2_000) refusedMs.push(now - at);
      }
    };
    for (let n = 0; n < 1_000; n++) void client();
    await run(5_000, 0);
    expect(Math.min(...refusedMs)).toBeGreaterThanOrEqual(950);
    expect(Math.max(...refusedMs)).toBeLessThanOrEqual(1_100);
  });

  it('refuses nothing when the database stalls for less than a second', async () => {
    await run(500, CAPACITY / 4);
    stalledUntil = now + 800;
    await run(800, CAPACITY / 4);
    await run(2_000, CAPACITY / 4);
    expect(nRefused).toBe(0);
  });

  it('admits at once again after an overload', async () => {
    await run(3_000, 3 * CAPACITY);
    await run(1_000, CAPACITY / 2);
    admitted = [];
    nRefused = 0;
    await run(2_000, CAPACITY / 2);
    expect(nRefused).toBe(0);
    expect(Math.max(...admitted.map(({ waitedMs }) => waitedMs))).toBe(0);
  });
});
