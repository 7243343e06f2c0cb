/**
 * Seeded random numbers for the numerical core.
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand): 128 bits of state, passes the usual statistical test batteries,
 * and gives the same numbers on every machine because it uses 32-bit integer arithmetic only.
 */

/** A random number stream, deterministic in its seed. */
export interface Random {
  /** A float64 in [0, 1), with 53 random bits. */
  next(): number;
  /** An integer in [0, n); n must be in 1 .. 2^32. */
  int(n: number): number;
  /** A standard normal number. */
  normal(): number;
  /** A gamma(shape, 1) number; shape must be above 0. */
  gamma(shape: number): number;
  /** Shares that sum to 1, Float64Array [alphas.length]; every alpha must be above 0. */
  dirichlet(alphas: ArrayLike<number>): Float64Array;
  /** Shuffles the array in place (Fisher and Yates) and returns it. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T;
}

/** A new stream. `seed` is an integer; only its lower 53 bits count. Throws RangeError for other seeds. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed must be a whole number, not ${seed}.`);
  const uint32 = sfc32(seed);
  const next = () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const int = (n: number) => Math.floor((uint32() / 4294967296) * n);

  let spare = Number.NaN;
  const normal = () => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    // Marsaglia's polar method: two normals from an accepted point of the unit disc.
    let x: number, y: number, square: number;
    do {
      x = 2 * next() - 1;
      y = 2 * next() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    spare = y * scale;
    return x * scale;
  };

  const gamma = (shape: number): number => {
    if (!(shape > 0)) throw new RangeError(`A gamma shape must be above 0, not ${shape}.`);
    // For shapes below 1, Marsaglia and Tsang's method is applied to shape + 1 and scaled by a power of a uniform.
    if (shape < 1) return gamma(shape + 1) * Math.pow(1 - next(), 1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };

  const dirichlet = (alphas: ArrayLike<number>) => {
    const shares = new Float64Array(alphas.length);
    let sum = 0;
    for (let i = 0; i < shares.length; i++) sum += shares[i] = gamma(alphas[i]);
    // Tiny alphas can all underflow to zero; in the limit, a single random share has all the weight.
    if (sum === 0) shares[int(shares.length)] = sum = 1;
    for (let i = 0; i < shares.length; i++) shares[i] /= sum;
    return shares;
  };

  const shuffle = <T extends { length: number; [index: number]: unknown }>(array: T): T => {
    for (let i = array.length - 1; i > 0; i--) {
      const j = int(i + 1);
      const kept = array[i];
      array[i] = array[j];
      array[j] = kept;
    }
    return array;
  };

  return { next, int, normal, gamma, dirichlet, shuffle };
}

/** The raw generator: a function that returns unsigned 32-bit integers. */
function sfc32(seed: number): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 4294967296) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const uint32 = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // Adjacent seeds start with similar states; these rounds separate them.
  for (let i = 0; i < 16; i++) uint32();
  return uint32;
}
