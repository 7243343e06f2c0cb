/**
 * How many different users several instances saw together, without telling each other whom: HyperLogLog (Flajolet,
 * Fusy, Gandouet and Meunier 2007), with linear counting while many registers are empty. A pseudonym is a keyed hash, so
 * its digits are as good as random: the first three name a register, the next eight are looked at for leading zeros.
 */

const REGISTERS = 16 ** 3;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);
/** Below this many per register linear counting is the better estimate. */
const LINEAR_BELOW = 2.5;

/** One byte a register; several sketches merge by their maxima. */
export type UserSketch = Uint8Array;

export function sketchOf(userIds: Iterable<string>): UserSketch {
  const sketch = new Uint8Array(REGISTERS);
  for (const userId of userIds) {
    const register = parseInt(userId.slice(0, 3), 16);
    const rank = Math.clz32(parseInt(userId.slice(3, 11), 16)) + 1;
    if (rank > sketch[register]) sketch[register] = rank;
  }
  return sketch;
}

/** The users of any of these sketches, each counted once; the standard error is 1.6 %. */
export function countDistinct(sketches: readonly UserSketch[]): number {
  let empty = 0;
  let sum = 0;
  for (let register = 0; register < REGISTERS; register++) {
    let rank = 0;
    for (const sketch of sketches) rank = Math.max(rank, sketch[register]);
    if (rank === 0) empty += 1;
    sum += 2 ** -rank;
  }
  const estimate = (ALPHA * REGISTERS ** 2) / sum;
  const isSparse = empty > 0 && estimate <= LINEAR_BELOW * REGISTERS;
  return Math.round(isSparse ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
}
