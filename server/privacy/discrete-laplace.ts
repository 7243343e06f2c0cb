/**
 * Noise for differential privacy: the discrete Laplace distribution, sampled exactly (Canonne, Kamath, Steinke 2020,
 * "The Discrete Gaussian for Differential Privacy", algorithms 1 and 2). Integers and fractions only: floating-point
 * Laplace noise leaks the hidden value through the gaps between representable numbers (Mironov 2012).
 */

import { randomFillSync } from 'node:crypto';

/** An exact number: numerator over denominator, both integers, the denominator above 0. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** Draws an integer uniformly from 0 to `below` - 1; `below` at most 2^47. */
export type RandomInteger = (below: number) => number;

const POOL_BYTES = 8_192;
const BYTES_PER_DRAW = 6;
const MAX_BELOW = 2 ** 47;

/** Unpredictable integers from the operating system. `fill` is for tests. */
export function createRandomIntegers(fill: (bytes: Uint8Array) => unknown = randomFillSync): RandomInteger {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (below) => {
    if (!Number.isInteger(below) || below < 1 || below > MAX_BELOW) {
      throw new RangeError(`${below} is not a valid bound for a random integer.`);
    }
    // The smallest power of two that covers the range; draws outside the range are rejected to stay uniform.
    const size = 2 ** Math.ceil(Math.log2(below));
    for (;;) {
      if (used + BYTES_PER_DRAW > POOL_BYTES) {
        fill(pool);
        used = 0;
      }
      const draw = pool.readUIntLE(used, BYTES_PER_DRAW) % size;
      used += BYTES_PER_DRAW;
      if (draw < below) return draw;
    }
  };
}

/**
 * Draws an integer x with probability proportional to exp(-|x| / scale). Added to a count whose neighbours differ by at
 * most `sensitivity`, a scale of sensitivity / epsilon gives epsilon-differential privacy. Throws RangeError for a
 * scale that is not positive or too large for exact arithmetic.
 */
export function discreteLaplace({ numerator: t, denominator: s }: Fraction, random: RandomInteger): number {
  if (!(t > 0 && s > 0 && t < 2 ** 40))
    throw new RangeError(`${t}/${s} is not a valid scale for discrete Laplace noise.`);
  for (;;) {
    const u = random(t);
    if (!bernoulliExp(u, t, random)) continue;
    let v = 0;
    while (bernoulliExp(1, 1, random)) v += 1;
    const magnitude = Math.floor((u + t * v) / s);
    const isNegative = random(2) === 1;
    // Without this, zero would be drawn twice as often as it should.
    if (isNegative && magnitude === 0) continue;
    return isNegative ? -magnitude : magnitude;
  }
}

/** True with probability exp(-numerator / denominator), a fraction within [0, 1]. */
function bernoulliExp(numerator: number, denominator: number, random: RandomInteger): boolean {
  let k = 1;
  while (random(denominator * k) < numerator) k += 1;
  return k % 2 === 1;
}

/** Parses a decimal such as "0.5" exactly. Throws RangeError for anything else. */
export function parseFraction(text: string): Fraction {
  const match = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a decimal number.`);
  const [, whole, part = ''] = match;
  return { numerator: Number(whole + part), denominator: 10 ** part.length };
}
