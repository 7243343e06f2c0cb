/**
 * Standard normal numbers from the operating system's random bits, by the method of Box and Muller. They are floating
 * point: the gaps between representable numbers leak in theory (Mironov 2012), which the accountant does not count.
 */

import { randomFillSync } from 'node:crypto';

/** Numbers per turn of the event loop. */
const CHUNK = 65_536;

/** Float64Array [n]. */
export async function gaussianNumbers(n: number): Promise<Float64Array> {
  const numbers = new Float64Array(n);
  const bits = new Uint32Array(2 * CHUNK);
  for (let start = 0; start < n; start += CHUNK) {
    randomFillSync(bits);
    for (let at = 0; at < CHUNK && start + at < n; at += 2) {
      const radius = Math.sqrt(-2 * Math.log(uniform(bits[2 * at], bits[2 * at + 1])));
      const angle = 2 * Math.PI * uniform(bits[2 * at + 2], bits[2 * at + 3]);
      numbers[start + at] = radius * Math.cos(angle);
      if (start + at + 1 < n) numbers[start + at + 1] = radius * Math.sin(angle);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return numbers;
}

/** Above 0 and up to 1, with 53 random bits. */
function uniform(high: number, low: number): number {
  return ((high >>> 5) * 67_108_864 + (low >>> 6) + 1) / 9_007_199_254_740_992;
}
