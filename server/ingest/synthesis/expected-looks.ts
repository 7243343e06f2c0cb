/** Stage 1, synthesiser: the looks to expect of a user whose odds are known, by taste and by order. */

import type { World } from './world.js';

/** Looks in a typical active week. */
const N_LOOKS = 7;

/**
 * Float64Array [nItems]: expected number of looks at each item among the next N_LOOKS, written into `out`. `odds`
 * (Float64Array [nItems]) are those of the choice model without order, 0 for items met before; `last` is the item looked
 * at last, null without one. Looks by chance and the exclusion of items found on the way are left out.
 */
export function expectedLooks(
  world: Pick<World, 'itemTheme' | 'followOdds' | 'nThemes'>,
  odds: Float64Array,
  last: number | null,
  out: Float64Array,
): Float64Array {
  const { itemTheme, followOdds, nThemes } = world;
  const [nItems, stride] = [odds.length, itemTheme.length];
  // Row t: probabilities of the next theme after a look at an item of theme t.
  const steps = new Float64Array(nThemes * nThemes);
  const totals = new Float64Array(nThemes);
  for (let from = 0; from < nThemes; from++) {
    for (let item = 0; item < nItems; item++)
      steps[from * nThemes + itemTheme[item]] += odds[item] * followOdds[from * stride + item];
    for (let to = 0; to < nThemes; to++) totals[from] += steps[from * nThemes + to];
    for (let to = 0; to < nThemes; to++) steps[from * nThemes + to] /= totals[from];
  }
  let now = new Float64Array(nThemes);
  if (last === null) now.fill(1 / nThemes);
  else now[itemTheme[last]] = 1;
  const visits = now.slice();
  for (let look = 1; look < N_LOOKS; look++) {
    const next = new Float64Array(nThemes);
    for (let from = 0; from < nThemes; from++)
      for (let to = 0; to < nThemes; to++) next[to] += now[from] * steps[from * nThemes + to];
    now = next;
    for (let theme = 0; theme < nThemes; theme++) visits[theme] += now[theme];
  }
  out.fill(0);
  for (let from = 0; from < nThemes; from++) {
    const weight = visits[from] / totals[from];
    for (let item = 0; item < nItems; item++) out[item] += weight * followOdds[from * stride + item];
  }
  for (let item = 0; item < nItems; item++) out[item] *= odds[item];
  return out;
}
