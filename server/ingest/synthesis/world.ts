/**
 * Stage 1, synthesiser: the catalogue and its latent geometry.
 *
 * Every item belongs to a theme (a style and material within a category). Its vector is the theme's vector plus
 * individual scatter, and a last component for quality; an affinity is the dot product with a user's vector.
 */

import { faker } from '@faker-js/faker/locale/en';

import type { Item } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { PARAMETERS } from './parameters.js';

/** Components of an item vector: the latent components plus quality. */
export const VECTOR_LENGTH = PARAMETERS.nComponents + 1;

export interface World {
  readonly items: readonly Item[];
  /** Float32Array, row-major [nItems, VECTOR_LENGTH]. */
  readonly itemVectors: Float32Array;
  /** Float32Array, row-major [nThemes, nComponents], unit length. */
  readonly themeVectors: Float32Array;
  /** Int32Array [nThemes]. */
  readonly themeCategory: Int32Array;
  readonly nThemes: number;
  readonly nCategories: number;
}

/** A catalogue of `nItems` items, deterministic in seed and random stream. */
export function createWorld(
  options: { seed: number; nItems: number; createdAt: number },
  random: Random,
): World {
  const { seed, nItems, createdAt } = options;
  const { nComponents, itemsPerTheme, maxCategories } = PARAMETERS;
  faker.seed(seed);
  const nThemes = Math.max(1, Math.round(nItems / itemsPerTheme));
  const nCategories = Math.min(maxCategories, nThemes);
  const nouns = faker.helpers.uniqueArray(faker.definitions.commerce.product_name.product, nCategories);
  const materials = faker.definitions.commerce.product_name.material;
  const styles = faker.helpers.uniqueArray(
    () => faker.word.adjective({ length: { min: 4, max: 9 } }),
    nThemes,
  );
  const brands = faker.helpers.uniqueArray(() => faker.company.name().split(/[ ,-]/)[0], 60);
  const moods = faker.definitions.commerce.product_name.adjective;

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

  const itemVectors = new Float32Array(nItems * VECTOR_LENGTH);
  const items: Item[] = [];
  for (let i = 0; i < nItems; i++) {
    const theme = i % nThemes;
    const noun = nouns[themeCategory[theme]];
    const material = materials[Math.floor(theme / nCategories + theme) % materials.length];
    const mood = faker.helpers.arrayElement(moods);
    const brand = faker.helpers.arrayElement(brands);
    const scatter = scaledTo(unitVector(random), PARAMETERS.itemScatter);
    for (let c = 0; c < nComponents; c++) {
      itemVectors[i * VECTOR_LENGTH + c] = themeVectors[theme * nComponents + c] + scatter[c];
    }
    itemVectors[i * VECTOR_LENGTH + nComponents] = PARAMETERS.qualitySpread * random.normal();
    items.push({
      itemId: `item-${String(i + 1).padStart(String(nItems).length, '0')}`,
      title: `${brand} ${mood} ${material} ${noun}`,
      category: noun,
      tags: [...new Set([styles[theme], material.toLowerCase(), mood.toLowerCase()])],
      attributes: { brand, price: Number(faker.commerce.price({ min: 5, max: 250 })) },
      locale: 'en',
      createdAt,
      isAvailable: true,
    });
  }
  return { items, itemVectors, themeVectors, themeCategory, nThemes, nCategories };
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
