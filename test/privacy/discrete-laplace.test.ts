/** The noise is what it says: against exact probabilities, and against OpenDP where it can be had. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createRandomIntegers, discreteLaplace, parseFraction } from '../../server/privacy/index.js';

const run = promisify(execFile);

/** The same bytes every time, and no pattern in them: SHA-256 of a counter. */
function seededBytes(seed: string): (bytes: Uint8Array) => void {
  let counter = 0;
  return (bytes) => {
    for (let start = 0; start < bytes.length; start += 32) {
      const digest = createHash('sha256').update(`${seed}/${counter++}`).digest();
      bytes.set(digest.subarray(0, bytes.length - start), start);
    }
  };
}

/** Probability of x under the discrete Laplace distribution. */
function probability(x: number, scale: number): number {
  const r = Math.exp(-1 / scale);
  return ((1 - r) / (1 + r)) * r ** Math.abs(x);
}

/** Pearson's statistic over cells of at least five expected draws, the tails pooled, and its degrees of freedom. */
function chiSquare(draws: readonly number[], scale: number): { statistic: number; freedom: number } {
  const counts = new Map<number, number>();
  for (const draw of draws) counts.set(draw, (counts.get(draw) ?? 0) + 1);
  let statistic = 0;
  let freedom = 0;
  let restSeen = draws.length;
  let restExpected = draws.length;
  for (let x = -200; x <= 200; x++) {
    const expected = draws.length * probability(x, scale);
    if (expected < 5) continue;
    const seen = counts.get(x) ?? 0;
    statistic += (seen - expected) ** 2 / expected;
    freedom += 1;
    restSeen -= seen;
    restExpected -= expected;
  }
  return { statistic: statistic + (restSeen - restExpected) ** 2 / Math.max(1e-9, restExpected), freedom };
}

/** A value a chi-square variable exceeds about once in a million times. */
function limitOf(freedom: number): number {
  return freedom + 7 * Math.sqrt(2 * freedom) + 20;
}

describe('discrete Laplace noise', () => {
  it.each([
    { numerator: 1, denominator: 1 },
    { numerator: 7, denominator: 2 },
    { numerator: 1, denominator: 3 },
    { numerator: 140_000, denominator: 10_000 },
  ])('has the exact probabilities at a scale of $numerator/$denominator', (fraction) => {
    const random = createRandomIntegers(seededBytes('laplace'));
    const draws = Array.from({ length: 40_000 }, () => discreteLaplace(fraction, random));
    const { statistic, freedom } = chiSquare(draws, fraction.numerator / fraction.denominator);
    expect(statistic).toBeLessThan(limitOf(freedom));
  });

  it('is told apart from noise of a scale that is a tenth off', () => {
    const random = createRandomIntegers(seededBytes('wrong scale'));
    const draws = Array.from({ length: 40_000 }, () =>
      discreteLaplace({ numerator: 11, denominator: 2 }, random),
    );
    const { statistic, freedom } = chiSquare(draws, 5);
    expect(statistic).toBeGreaterThan(limitOf(freedom));
  });

  it('draws from the operating system by default, never the same twice', () => {
    const wide = { numerator: 2 ** 39, denominator: 1 };
    const draws = Array.from({ length: 50 }, () => discreteLaplace(wide, createRandomIntegers()));
    expect(new Set(draws).size).toBe(50);
  });

  it('refuses scales that are not positive or too large to be exact', () => {
    const random = createRandomIntegers();
    expect(() => discreteLaplace({ numerator: 0, denominator: 1 }, random)).toThrow(RangeError);
    expect(() => discreteLaplace({ numerator: 2 ** 41, denominator: 1 }, random)).toThrow(RangeError);
  });
});

describe('random integers', () => {
  it('are even over a range that is no power of two, and stay inside', () => {
    const random = createRandomIntegers(seededBytes('even'));
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random(7)] += 1;
    const statistic = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(statistic).toBeLessThan(limitOf(6));
    expect(Array.from({ length: 10 }, () => random(1))).toEqual(new Array(10).fill(0));
  });

  it.each([0, -1, 1.5, 2 ** 48, Number.NaN])('have no bound of %s', (below) => {
    expect(() => createRandomIntegers()(below)).toThrow(RangeError);
  });
});

describe('fractions', () => {
  it('are read exactly', () => {
    expect(parseFraction('0.5')).toEqual({ numerator: 5, denominator: 10 });
    expect(parseFraction('12')).toEqual({ numerator: 12, denominator: 1 });
    for (const text of ['', '-1', '1e3', '.5', '1.', 'NaN'])
      expect(() => parseFraction(text)).toThrow(RangeError);
  });
});

describe('beside OpenDP', () => {
  /** Installed once, and found again by the next run; asked for with SMARTPERSONA_TEST_OPENDP=1. */
  const folder = join(tmpdir(), 'smartpersona-opendp-0.14.1');
  const python = join(folder, 'bin', 'python');

  async function install(): Promise<string | null> {
    const isThere = await access(python).then(
      () =>
        run(python, ['-c', 'import opendp']).then(
          () => true,
          () => false,
        ),
      () => false,
    );
    if (isThere) return null;
    if (process.env['SMARTPERSONA_TEST_OPENDP'] !== '1')
      return 'OpenDP is not installed; SMARTPERSONA_TEST_OPENDP=1 installs it';
    try {
      await run('python3', ['-m', 'venv', folder]);
      await run(python, ['-m', 'pip', 'install', '--quiet', 'opendp==0.14.1'], { timeout: 120_000 });
      return null;
    } catch (error) {
      return `OpenDP cannot be installed: ${(error as Error).message.split('\n')[0]}`;
    }
  }

  it('gives the same distribution', { timeout: 180_000 }, async (context) => {
    const missing = await install();
    if (missing !== null) return context.skip(missing);
    const script = `
import opendp.prelude as dp
dp.enable_features("contrib")
noise = dp.m.make_laplace(dp.atom_domain(T=int), dp.absolute_distance(T=int), scale=3.5)
print(",".join(str(noise(0)) for _ in range(20000)))`;
    const { stdout } = await run(python, ['-c', script], { maxBuffer: 1_048_576 });
    const theirs = stdout.trim().split(',').map(Number);
    const random = createRandomIntegers();
    const ours = theirs.map(() => discreteLaplace({ numerator: 7, denominator: 2 }, random));
    expect(theirs).toHaveLength(20_000);
    for (const draws of [theirs, ours]) {
      const { statistic, freedom } = chiSquare(draws, 3.5);
      expect(statistic).toBeLessThan(limitOf(freedom));
    }
    // Both samples in one table, class by class: the two-sample statistic.
    let statistic = 0;
    let freedom = 0;
    for (let x = -15; x <= 15; x++) {
      const [a, b] = [theirs, ours].map((draws) => draws.filter((draw) => draw === x).length);
      statistic += (a - b) ** 2 / Math.max(1, a + b);
      freedom += 1;
    }
    expect(statistic).toBeLessThan(limitOf(freedom));
  });
});
