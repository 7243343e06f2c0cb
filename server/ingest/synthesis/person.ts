/**
 * Stage 1, synthesiser: a simulated user. Habits follow from a mixture of archetypes. Tastes are a few weighted themes,
 * drawn mostly from the categories of the dominant archetype, whose sum is the taste vector; weights and vector drift
 * from week to week.
 */

import { ARCHETYPES, WEEK_MS } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { HABITS, PARAMETERS } from './parameters.js';
import type { Habits } from './parameters.js';
import { VECTOR_LENGTH, archetypeOfCategory } from './world.js';
import type { World } from './world.js';

const YEAR_MS = (365.25 / 7) * WEEK_MS;
const DEVICES = ['desktop', 'mobile', 'desktop', 'tablet'] as const;

export interface Person {
  /** Float64Array [4], shares of the archetypes in the order of ARCHETYPES; sums to 1. */
  readonly mixture: Float64Array;
  /** Index into ARCHETYPES. */
  readonly dominant: number;
  readonly habits: Habits;
  readonly device: string;
  /** Theme indices by falling preference, and their weights. */
  readonly themes: readonly number[];
  readonly weights: Float64Array;
  /** Float64Array [nComponents]: accumulated drift of the taste vector. */
  readonly wander: Float64Array;
}

export function createPerson(world: World, random: Random): Person {
  const dominant = drawDominant(random);
  const weights = ARCHETYPES.map((_, a) =>
    a === dominant ? PARAMETERS.dominantWeight : PARAMETERS.otherWeight,
  );
  const mixture = random.dirichlet(weights);
  const habits = mixHabits(mixture, random);
  const themes = drawThemes(world, dominant, Math.max(1, Math.round(habits.themes)), random);
  const isMain = random.next() < PARAMETERS.mainDeviceShare;
  return {
    mixture,
    dominant,
    habits,
    device: isMain ? DEVICES[dominant] : DEVICES[random.int(DEVICES.length)],
    themes,
    weights: Float64Array.from(themes, (_, rank) => PARAMETERS.themeDecay ** rank),
    wander: new Float64Array(PARAMETERS.nComponents),
  };
}

/** Advances a week: a random step of weights and vector. Mutates `person`. */
export function drift(person: Person, random: Random): void {
  for (let k = 0; k < person.weights.length; k++)
    person.weights[k] *= Math.exp(PARAMETERS.weightDrift * random.normal());
  const step = PARAMETERS.vectorDrift / Math.sqrt(PARAMETERS.nComponents);
  for (let c = 0; c < person.wander.length; c++) person.wander[c] += step * random.normal();
}

/**
 * The same person with the habits of a different archetype: old themes are kept up to the new number, new themes are
 * added.
 */
export function turnInto(person: Person, world: World, random: Random): Person {
  const others = ARCHETYPES.map((_, a) => a).filter((a) => a !== person.dominant);
  const dominant = others[random.int(others.length)];
  const weights = ARCHETYPES.map((_, a) =>
    a === dominant ? PARAMETERS.dominantWeight : PARAMETERS.otherWeight,
  );
  const mixture = random.dirichlet(weights);
  const habits = mixHabits(mixture, random);
  const count = Math.max(1, Math.round(habits.themes));
  const fresh = drawThemes(world, dominant, count, random).filter((theme) => !person.themes.includes(theme));
  const themes = [...person.themes, ...fresh].slice(0, count);
  return {
    ...person,
    mixture,
    dominant,
    habits,
    themes,
    weights: Float64Array.from(themes, (_, rank) => person.weights[rank] ?? PARAMETERS.themeDecay ** rank),
  };
}

/** The same person with a random theme replaced by a new theme. */
export function changeInterest(person: Person, world: World, random: Random): Person {
  const place = random.int(person.themes.length);
  const [fresh] = drawThemes(world, person.dominant, 1, random);
  if (fresh === undefined || person.themes.includes(fresh)) return person;
  return { ...person, themes: person.themes.with(place, fresh) };
}

/** Float32Array [VECTOR_LENGTH], in log odds, at an instant of the year: affinities are dot products with item vectors. */
export function tasteVector(person: Person, world: World, at: number): Float32Array {
  const { nComponents, tasteWeight } = PARAMETERS;
  const vector = Float64Array.from(person.wander);
  person.themes.forEach((theme, k) => {
    for (let c = 0; c < nComponents; c++)
      vector[c] += person.weights[k] * world.themeVectors[theme * nComponents + c];
  });
  const taste = new Float32Array(VECTOR_LENGTH);
  for (let c = 0; c < nComponents; c++) taste[c] = tasteWeight * vector[c];
  taste[nComponents] = person.habits.mainstream;
  taste.set(seasonOf(at), nComponents + 1);
  return taste;
}

/** Float64Array [nItems]: factors on the odds of the first `nItems` items by the season at an instant. */
export function seasonOdds({ itemVectors }: World, at: number, nItems: number): Float64Array {
  const [cosine, sine] = seasonOf(at);
  return Float64Array.from({ length: nItems }, (_, item) => {
    const place = item * VECTOR_LENGTH + PARAMETERS.nComponents + 1;
    return Math.exp(cosine * itemVectors[place] + sine * itemVectors[place + 1]);
  });
}

function seasonOf(at: number): [number, number] {
  const angle = (2 * Math.PI * at) / YEAR_MS;
  return [PARAMETERS.seasonAmplitude * Math.cos(angle), PARAMETERS.seasonAmplitude * Math.sin(angle)];
}

function drawDominant(random: Random): number {
  let left = random.next();
  for (let a = 0; a < ARCHETYPES.length - 1; a++) {
    left -= PARAMETERS.shares[ARCHETYPES[a]];
    if (left < 0) return a;
  }
  return ARCHETYPES.length - 1;
}

/** The mixture's mean of every habit, times a personal factor. */
function mixHabits(mixture: Float64Array, random: Random): Habits {
  const habits = { ...HABITS.seeker } as Record<keyof Habits, number>;
  for (const name of Object.keys(habits) as (keyof Habits)[]) {
    let mean = 0;
    for (let a = 0; a < ARCHETYPES.length; a++) mean += mixture[a] * HABITS[ARCHETYPES[a]][name];
    habits[name] = mean * Math.exp(PARAMETERS.habitNoise * random.normal());
  }
  return habits;
}

/** Draws themes of different categories, by `PARAMETERS.tasteFollowsArchetype`. */
function drawThemes(world: World, archetype: number, count: number, random: Random): number[] {
  const themes: number[] = [];
  const taken = new Set<number>();
  const own = Array.from(world.themeCategory.keys()).filter(
    (theme) => archetypeOfCategory(world.themeCategory[theme]) === archetype,
  );
  for (let tries = 0; themes.length < Math.min(count, world.nThemes) && tries < 100; tries++) {
    const isOwn = own.length > 0 && random.next() < PARAMETERS.tasteFollowsArchetype;
    const theme = isOwn ? own[random.int(own.length)] : random.int(world.nThemes);
    if (taken.has(world.themeCategory[theme])) continue;
    taken.add(world.themeCategory[theme]);
    themes.push(theme);
  }
  return themes;
}
