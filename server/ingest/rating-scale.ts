/**
 * Stage 1: detects the rating scale of a file.
 *
 * The same number is a good rating on some scales and a bad rating on others, and files do not name their scale. The
 * scale is given by the caller or recognised from all values of the file; if neither is conclusive, the import fails
 * with a question and nothing is stored.
 */

import { InvalidInputError } from '../domain/index.js';

import { plainWord } from './event-words.js';

/** Lowest and highest possible rating. */
export interface Scale {
  readonly least: number;
  readonly most: number;
}

/** How ratings become events: from `likeAt` up a like, up to `dislikeAt` a dislike, in between neither. */
export interface RatingRule extends Scale {
  readonly likeAt: number;
  readonly dislikeAt: number;
  /** Values outside of the scale that mean "seen, not rated". */
  readonly notRated: readonly number[];
  /** How the scale was determined. */
  readonly origin: 'given' | 'recognised' | 'assumed';
}

export interface GivenScale {
  readonly scale?: Scale;
  readonly likeAt?: number;
  readonly dislikeAt?: number;
}

/** Frequencies of the rating values of a file. */
export class RatingCounts {
  private readonly texts = new Map<string, number>();
  private isOverfull = false;

  add(text: string): void {
    const count = this.texts.get(text);
    if (count !== undefined) this.texts.set(text, count + 1);
    else if (this.texts.size < MAX_DISTINCT) this.texts.set(text, 1);
    else this.isOverfull = true;
  }

  /** Ascending; non-numeric texts are left out. */
  numbers(): { value: number; count: number }[] {
    const counts = new Map<number, number>();
    for (const [text, count] of this.texts) {
      const plain = plainRating(text.trim());
      const value = plain === '' ? Number.NaN : Number(plain);
      if (Number.isFinite(value)) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
  }

  /** True if there are more distinct values than a scale has steps. */
  get isContinuous(): boolean {
    return this.isOverfull;
  }
}

const STARS: Scale = { least: 0.5, most: 5 };
const STAR_THRESHOLDS = { likeAt: 4, dislikeAt: 2 };
/** Ratings on the upper and the lower quarter of a scale are likes and dislikes: 4 and 2 of 1..5. */
const LIKE_FROM = 0.75;
const DISLIKE_TO = 0.25;
/** Min number of ratings to recognise a scale from. */
const MIN_RATINGS = 20;
/** Max share of ratings outside of a recognised scale. */
const MAX_SHARE_BESIDE = 0.1;
const NOT_RATED = [-1, 0];
/**
 * Highest step of scales with six, seven or eight steps, which are in use: a maximum up to this does not imply ten
 * steps.
 */
const MOST_OF_SEVEN = 8;
const MAX_DISTINCT = 20_000;
const NUMBER_LIKE = /^[+-]?\d+(?:[.,]\d{1,2})?(?:\s?%)?$/;
const YES = new Set(['true', 'yes', 'like', 'liked', 'up', 'thumbsup', 'upvote']);
const NO = new Set(['false', 'no', 'dislike', 'disliked', 'down', 'thumbsdown', 'downvote']);

/** Normalizes a rating: "4,5" with a decimal comma, "80 %", and the words for yes and no as 1 and 0. */
export function plainRating(text: string): string {
  if (NUMBER_LIKE.test(text)) return text.replace(',', '.').replace(/\s?%$/, '');
  const word = plainWord(text);
  return YES.has(word) ? '1' : NO.has(word) ? '0' : text;
}

/** The rating rule of a file. Throws InvalidInputError with a question if the scale is ambiguous. */
export function ratingRule(name: string, counts: RatingCounts, given: GivenScale): RatingRule {
  checkThresholds(given);
  const numbers = counts.numbers();
  if (given.scale !== undefined) return ruleOf(given.scale, given, 'given', numbers);
  if (given.likeAt !== undefined && given.dislikeAt !== undefined)
    return ruleOf(scaleAround(numbers, given.dislikeAt), given, 'given', numbers);
  return ruleOf(...recognise(name, numbers, counts.isContinuous, given));
}

/** Parses a scale like `1..10`. Throws InvalidInputError. */
export function parseScale(text: string): Scale {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(?:\.\.|:|to)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  const [least, most] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (!(least < most))
    throw new InvalidInputError(
      `The scale "${text}" is invalid; give the lowest and the highest rating, like 1..10.`,
      'scale',
    );
  return { least, most };
}

type Numbers = readonly { value: number; count: number }[];
type Recognised = [scale: Scale, given: GivenScale, origin: RatingRule['origin'], numbers: Numbers];

function recognise(name: string, numbers: Numbers, isContinuous: boolean, given: GivenScale): Recognised {
  const rated = numbers.filter(({ value }) => !NOT_RATED.includes(value));
  const values = numbers.map(({ value }) => value);
  const total = countOf(numbers);
  const found = (scale: Scale, origin: RatingRule['origin'] = 'recognised'): Recognised => [
    scale,
    given,
    origin,
    numbers,
  ];
  const ask = (what: string) =>
    new InvalidInputError(
      `${name}: ${what}. Give the scale of the ratings, for example --scale ${exampleScale(values)}, or the lowest rating that is a like and the highest that is a dislike, with --like-at and --dislike-at.`,
      'scale',
    );
  const hasWorstOfFour = values.includes(0) && rated[rated.length - 1]?.value === 4;
  if (total >= MIN_RATINGS && hasWorstOfFour) throw ask(describe(values));
  if (total === 0 || isStars(rated)) return found(STARS, total < MIN_RATINGS ? 'assumed' : 'recognised');
  if (total < MIN_RATINGS) throw ask(`${describe(values)}, too few ratings to recognise their scale`);
  if (isContinuous) throw ask('there are more distinct ratings than steps of a scale');
  const [least, most] = [values[0], values[values.length - 1]];
  // A 1 may be the better of two values, or the lowest of five stars.
  if (least === most) throw ask(describe(values));
  if (least >= -1 && most === 1 && values.every(Number.isInteger))
    return found({ least: least === -1 ? -1 : 0, most: 1 });
  const positive = rated.filter(({ value }) => value > 0);
  if (rated.length > positive.length) throw ask(describe(values));
  const top = rated[rated.length - 1].value;
  if (top > MOST_OF_SEVEN && top <= 10 && rated[0].value >= 0.5)
    return found({ least: rated[0].value < 1 ? 0.5 : 1, most: 10 });
  if (top > 10 && top <= 100 && medianOf(numbers) >= 20) return found({ least: 0, most: 100 });
  throw ask(describe(values));
}

/**
 * Whether ratings fit half a star to five stars with few outliers; a file with low numbers only may be on a different
 * scale.
 */
function isStars(rated: Numbers): boolean {
  const isBeside = ({ value }: { value: number }) => value < STARS.least || value > STARS.most;
  const beside = countOf(rated.filter(isBeside)) / Math.max(1, countOf(rated));
  const within = rated.filter((number) => !isBeside(number));
  if (beside > MAX_SHARE_BESIDE || within.length === 0) return false;
  const top = within[within.length - 1].value;
  return top >= STAR_THRESHOLDS.likeAt || (top > STAR_THRESHOLDS.dislikeAt && countOf(rated) < MIN_RATINGS);
}

function ruleOf(scale: Scale, given: GivenScale, origin: RatingRule['origin'], numbers: Numbers): RatingRule {
  const isStarScale = scale.least === STARS.least && scale.most === STARS.most;
  const at = (share: number) => scale.least + share * (scale.most - scale.least);
  const likeAt = given.likeAt ?? (isStarScale ? STAR_THRESHOLDS.likeAt : at(LIKE_FROM));
  const dislikeAt = given.dislikeAt ?? (isStarScale ? STAR_THRESHOLDS.dislikeAt : at(DISLIKE_TO));
  checkThresholds({ likeAt, dislikeAt });
  if (likeAt > scale.most)
    throw new InvalidInputError(
      `Likes begin at ${likeAt}, but the ratings go from ${scale.least} to ${scale.most}; give --scale or another --like-at.`,
      'likeAt',
    );
  const notRated = NOT_RATED.filter(
    (value) => value < scale.least && numbers.some((number) => number.value === value),
  );
  return { ...scale, likeAt, dislikeAt, notRated, origin };
}

/** The scale from the file's own range, when thresholds are given. */
function scaleAround(numbers: Numbers, dislikeAt: number): Scale {
  const rated = numbers.filter(({ value }) => dislikeAt <= 0 || !NOT_RATED.includes(value));
  if (rated.length === 0) return STARS;
  const [least, most] = [rated[0].value, rated[rated.length - 1].value];
  // Outliers above five stars stay errors if the rest are stars.
  return least >= STARS.least && shareAbove(rated, STARS.most) <= MAX_SHARE_BESIDE && most > STARS.most
    ? STARS
    : { least, most };
}

export function checkThresholds({ likeAt, dislikeAt }: GivenScale): void {
  for (const [name, value] of [
    ['like-at', likeAt],
    ['dislike-at', dislikeAt],
  ] as const) {
    if (value !== undefined && !Number.isFinite(value))
      throw new InvalidInputError(`--${name} is not a number.`, 'likeAt');
  }
  if (likeAt !== undefined && dislikeAt !== undefined && !(dislikeAt < likeAt))
    throw new InvalidInputError(
      `Dislikes end at ${dislikeAt} and likes begin at ${likeAt}: they overlap.`,
      'likeAt',
    );
}

function countOf(numbers: Numbers): number {
  return numbers.reduce((sum, { count }) => sum + count, 0);
}

function shareAbove(numbers: Numbers, limit: number): number {
  return countOf(numbers.filter(({ value }) => value > limit)) / Math.max(1, countOf(numbers));
}

function medianOf(numbers: Numbers): number {
  let left = countOf(numbers) / 2;
  for (const { value, count } of numbers) {
    left -= count;
    if (left <= 0) return value;
  }
  return Number.NaN;
}

function describe(values: readonly number[]): string {
  if (values.length === 1) return `all ratings are ${values[0]}`;
  if (values.length <= 4)
    return `the ratings are ${values.slice(0, -1).join(', ')} and ${values[values.length - 1]}`;
  return `the ratings go from ${values[0]} to ${values[values.length - 1]}`;
}

function exampleScale(values: readonly number[]): string {
  const most = values[values.length - 1];
  if (most <= 1) return values[0] < 0 ? '-1..1' : '0..1';
  return most <= 5 ? '1..5' : most <= 10 ? '1..10' : most <= 100 ? '0..100' : `${values[0]}..${most}`;
}
