/**
 * Accounting for Gaussian noise by Renyi differential privacy (Mironov 2017): a sum of sensitivity 1 with noise of
 * standard deviation s is (a, a / (2 s^2))-RDP for every order a > 1, and the terms of several sums add up. Converted to
 * (epsilon, delta) as in Canonne, Kamath and Steinke (2020, proposition 12), at the best of many orders.
 */

/** Orders that are tried: dense where usual budgets have their best order, then sparse. */
const ORDERS: readonly number[] = [
  ...Array.from({ length: 990 }, (_, n) => 1.1 + n / 10),
  ...Array.from({ length: 40 }, (_, n) => 100 * 1.2 ** n),
];
const BISECTIONS = 100;

/** Epsilon for this delta of sums of sensitivity 1 with these standard deviations. Throws RangeError. */
export function gaussianEpsilon(deviations: readonly number[], delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be above 0 and below 1, not ${delta}.`);
  if (deviations.some((deviation) => !(deviation > 0)))
    throw new RangeError('A standard deviation must be above 0.');
  const rate = deviations.reduce((sum, deviation) => sum + 1 / (2 * deviation ** 2), 0);
  let best = Infinity;
  for (const order of ORDERS) {
    const epsilon =
      rate * order + Math.log((order - 1) / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    best = Math.min(best, Math.max(0, epsilon));
  }
  return best;
}

/** The smallest standard deviation of a single sum of sensitivity 1 for this epsilon and delta. Throws RangeError. */
export function gaussianDeviation(epsilon: number, delta: number): number {
  if (!(epsilon > 0 && epsilon < Infinity)) throw new RangeError(`epsilon must be above 0, not ${epsilon}.`);
  let [low, high] = [1e-6, 1e9];
  if (gaussianEpsilon([high], delta) > epsilon)
    throw new RangeError(`No noise reaches epsilon ${epsilon} with delta ${delta}.`);
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = Math.sqrt(low * high);
    if (gaussianEpsilon([middle], delta) > epsilon) low = middle;
    else high = middle;
  }
  return high;
}
