/**
 * Stage 1, synthesiser: the catalogue and its latent geometry.
 *
 * Every item belongs to a theme (a style and material within a category). Its vector is the theme's vector plus
 * individual scatter, its log popularity, and the season of its category as a point on the circle of the year; an
 * affinity is the dot product with a user's vector. Every theme has a theme that follows it.
 */

import { faker } from '@faker-js/faker/locale/en';

import type { Item } from '../../domain/index.js';
import { ARCHETYPES, DAY_MS, WEEK_MS } from '../../domain/index.js';
import { createRandom } from '../../learning/index.js';
import type { Random } from '../../learning/index.js';

import { PARAMETERS } from './parameters.js';

/** Components of an item vector: the latent components, log popularity, and the season's cosine and sine. */
export const VECTOR_LENGTH = PARAMETERS.nComponents + 3;

/** Age of the oldest items at the start. */
const CATALOGUE_AGE_MS = 30 * DAY_MS;

export interface World {
  readonly items: readonly Item[];
  /** Float32Array, row-major [nItems, VECTOR_LENGTH]. */
  readonly itemVectors: Float32Array;
  /** Float64Array [nItems], relative. */
  readonly popularity: Float64Array;
  /** Int32Array [nItems]. */
  readonly itemTheme: Int32Array;
  /** Float32Array, row-major [nThemes, nComponents], unit length. */
  readonly themeVectors: Float32Array;
  /** Int32Array [nThemes]. */
  readonly themeCategory: Int32Array;
  /** Float32Array, row-major [nThemes, nItems]: factors on the odds of an item after an item of the theme. */
  readonly followOdds: Float32Array;
  readonly nThemes: number;
  readonly nCategories: number;
}

interface WorldOptions {
  readonly seed: number;
  /** Size of the catalogue at the end of the history. */
  readonly catalogueSize: number;
  /** Start of the history, ms since the epoch, and its length. */
  readonly startAt: number;
  readonly nWeeks: number;
}

/**
 * A catalogue that grows by `PARAMETERS.newItemShare` each week from the start of the history until `futureWeeks` after
 * its end; the newest items are last. Dates aside, deterministic in `seed` and `catalogueSize`.
 */
export function createWorld(options: WorldOptions): World {
  const { seed, catalogueSize } = options;
  const nItems = catalogueSize + newItemsIn(PARAMETERS.futureWeeks, catalogueSize);
  const { nComponents, itemsPerTheme, maxCategories } = PARAMETERS;
  const random = createRandom(seed);
  faker.seed(seed);
  const nThemes = Math.max(1, Math.round(catalogueSize / itemsPerTheme));
  const nCategories = Math.min(maxCategories, nThemes);
  const nouns = faker.helpers.uniqueArray(faker.definitions.commerce.product_name.product, nCategories);
  const materials = faker.definitions.commerce.product_name.material;
  const styles = faker.helpers.uniqueArray(
    () => faker.word.adjective({ length: { min: 4, max: 9 } }),
    nThemes,
  );
  const brands = faker.helpers.uniqueArray(() => faker.company.name().split(/[ ,-]/)[0], 60);
  const moods = faker.definitions.commerce.product_name.adjective;

  const { themeVectors, themeCategory } = createThemes(nThemes, nCategories, random);
  const seasons = Float64Array.from({ length: nCategories }, () => 2 * Math.PI * random.next());
  const logPopularity = createPopularity(nItems, random);
  const itemVectors = new Float32Array(nItems * VECTOR_LENGTH);
  const itemTheme = Int32Array.from({ length: nItems }, (_, i) => i % nThemes);
  const items: Item[] = [];
  for (let i = 0; i < nItems; i++) {
    const theme = itemTheme[i];
    const category = themeCategory[theme];
    const noun = nouns[category];
    const material = materials[Math.floor(theme / nCategories + theme) % materials.length];
    const mood = faker.helpers.arrayElement(moods);
    const brand = faker.helpers.arrayElement(brands);
    const scatter = scaledTo(unitVector(random), PARAMETERS.itemScatter);
    const at = i * VECTOR_LENGTH;
    for (let c = 0; c < nComponents; c++)
      itemVectors[at + c] = themeVectors[theme * nComponents + c] + scatter[c];
    itemVectors[at + nComponents] = logPopularity[i];
    itemVectors[at + nComponents + 1] = Math.cos(seasons[category]);
    itemVectors[at + nComponents + 2] = Math.sin(seasons[category]);
    items.push({
      itemId: `item-${String(i + 1).padStart(String(catalogueSize).length, '0')}`,
      title: `${brand} ${mood} ${material} ${noun}`,
      category: noun,
      tags: [...new Set([styles[theme], material.toLowerCase(), mood.toLowerCase()])],
      attributes: { brand, price: Number(faker.commerce.price({ min: 5, max: 250 })) },
      locale: 'en',
      createdAt: createdAt(i, options),
      isAvailable: true,
    });
  }
  const follows = random.shuffle(Int32Array.from({ length: nThemes }, (_, theme) => theme));
  const followOdds = oddsOfFollowing(follows, themeVectors, itemVectors);
  const popularity = logPopularity.map(Math.exp);
  return {
    ...{ items, itemVectors, popularity, itemTheme, themeVectors, themeCategory, followOdds },
    ...{ nThemes, nCategories },
  };
}

/** The archetype, as an index into ARCHETYPES, whose users prefer a category. */
export function archetypeOfCategory(category: number): number {
  return category % ARCHETYPES.length;
}

function createThemes(
  nThemes: number,
  nCategories: number,
  random: Random,
): Pick<World, 'themeVectors' | 'themeCategory'> {
  const { nComponents } = PARAMETERS;
  const categoryVectors = Array.from({ length: nCategories }, () => unitVector(random));
  const themeVectors = new Float32Array(nThemes * nComponents);
  const themeCategory = new Int32Array(nThemes);
  for (let theme = 0; theme < nThemes; theme++) {
    themeCategory[theme] = theme % nCategories;
    const own = unitVector(random);
    const pulled = own.map(
      (value, c) => value + PARAMETERS.categoryPull * categoryVectors[theme % nCategories][c],
    );
    themeVectors.set(scaledTo(pulled, 1), theme * nComponents);
  }
  return { themeVectors, themeCategory };
}

/** Float64Array [nItems]: log popularities with mean 0 of a Zipf curve, in random order. */
function createPopularity(nItems: number, random: Random): Float64Array {
  const logs = Float64Array.from(
    { length: nItems },
    (_, rank) => -PARAMETERS.popularitySlope * Math.log(rank + 1),
  );
  const mean = logs.reduce((sum, value) => sum + value, 0) / nItems;
  return random.shuffle(logs.map((value) => value - mean));
}

/** Number of items of the world that exist at an instant: the first of them. */
export function countExisting({ items }: World, at: number): number {
  let n = items.length;
  while (n > 0 && items[n - 1].createdAt > at) n -= 1;
  return n;
}

function newItemsIn(nWeeks: number, catalogueSize: number): number {
  return Math.floor(PARAMETERS.newItemShare * nWeeks * catalogueSize);
}

/** New items appear one after the other, evenly over time; all others exist before the start. */
function createdAt(item: number, { catalogueSize, startAt, nWeeks }: WorldOptions): number {
  const place = item - (catalogueSize - newItemsIn(nWeeks, catalogueSize));
  if (place < 0) return startAt - CATALOGUE_AGE_MS;
  return startAt + Math.floor(((place + 1) * WEEK_MS) / (PARAMETERS.newItemShare * catalogueSize));
}

/** `follows` is a cycle: each theme is followed by the next in it. */
function oddsOfFollowing(
  follows: Int32Array,
  themeVectors: Float32Array,
  itemVectors: Float32Array,
): Float32Array {
  const { nComponents, followWeight, stayWeight } = PARAMETERS;
  const nItems = itemVectors.length / VECTOR_LENGTH;
  const odds = new Float32Array(follows.length * nItems);
  follows.forEach((theme, place) => {
    const next = follows[(place + 1) % follows.length];
    for (let item = 0; item < nItems; item++) {
      let logOdds = 0;
      for (let c = 0; c < nComponents; c++) {
        const direction =
          followWeight * themeVectors[next * nComponents + c] +
          stayWeight * themeVectors[theme * nComponents + c];
        logOdds += direction * itemVectors[item * VECTOR_LENGTH + c];
      }
      odds[theme * nItems + item] = Math.exp(logOdds);
    }
  });
  return odds;
}

function unitVector(random: Random): Float64Array {
  return scaledTo(
    Float64Array.from({ length: PARAMETERS.nComponents }, () => random.normal()),
    1,
  );
}

function scaledTo(vector: Float64Array, length: number): Float64Array {
  const norm = Math.hypot(...vector);
  return vector.map((value) => (value / norm) * length);
}
