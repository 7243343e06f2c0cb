import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../server/domain/index.js';
import { RatingCounts, parseScale, ratingRule } from '../../server/ingest/rating-scale.js';
import type { GivenScale } from '../../server/ingest/rating-scale.js';

/** The rule for ratings with these counts. */
function ruleFor(counts: Record<string, number>, given: GivenScale = {}) {
  const numbers = new RatingCounts();
  for (const [text, count] of Object.entries(counts)) for (let i = 0; i < count; i++) numbers.add(text);
  return ratingRule('r.csv', numbers, given);
}

describe('the scale of a file of ratings', () => {
  it.each([
    ['five stars', { 1: 5, 2: 5, 3: 10, 4: 20, 5: 20 }, { least: 0.5, most: 5, likeAt: 4, dislikeAt: 2 }],
    ['half stars', { 0.5: 5, 3.5: 10, 4.5: 20 }, { least: 0.5, most: 5, likeAt: 4 }],
    ['five stars with a mistake', { 3: 30, 5: 30, 11: 1 }, { least: 0.5, most: 5 }],
    ['five stars and none', { 0: 40, 3: 10, 5: 10 }, { likeAt: 4, notRated: [0] }],
    ['zeros and ones', { 0: 20, 1: 20 }, { likeAt: 0.75, dislikeAt: 0.25, notRated: [] }],
    ['minus and plus', { '-1': 20, 1: 20 }, { least: -1, most: 1, likeAt: 0.5, dislikeAt: -0.5 }],
    ['one to ten', { 1: 5, 5: 10, 7: 20, 10: 10 }, { least: 1, most: 10, likeAt: 7.75, dislikeAt: 3.25 }],
    ['one to ten and none', { '-1': 9, 0: 9, 6: 20, 10: 10 }, { least: 1, most: 10, notRated: [-1, 0] }],
    ['decimal commas', { '4,5': 20, '1,0': 5 }, { least: 0.5, most: 5 }],
    ['percent signs', { '80%': 20, '20 %': 5 }, { least: 0, most: 100 }],
    ['words', { like: 20, Dislike: 5 }, { least: 0, most: 1, likeAt: 0.75 }],
    ['percent', { 10: 5, 55: 20, 100: 20 }, { least: 0, most: 100, likeAt: 75, dislikeAt: 25 }],
  ])('is recognised: %s', (_what, counts, rule) => {
    expect(ruleFor(counts)).toMatchObject({ ...rule, origin: 'recognised' });
  });

  it.each([
    ['nothing but ones', { 1: 50 }, 'all ratings are 1. Give the scale'],
    ['nothing but ones and twos', { 1: 15, 2: 14 }, 'the ratings are 1 and 2. Give the scale'],
    ['a few ones and twos', { 1: 2, 2: 3 }, 'the ratings are 1 and 2, too few ratings'],
    ['zero to four', { 0: 5, 1: 5, 3: 20, 4: 9 }, 'the ratings are 0, 1, 3 and 4'],
    ['one to seven', { 1: 5, 4: 5, 6: 20, 7: 9 }, 'the ratings are 1, 4, 6 and 7'],
    ['one to three', { 1: 20, 2: 20, 3: 20 }, 'the ratings are 1, 2 and 3'],
    ['shares', { 0.2: 20, 0.7: 20 }, 'the ratings are 0.2 and 0.7'],
    ['play counts', { 1: 50, 2: 20, 7: 9, 40: 5, 400: 1 }, 'the ratings go from 1 to 400'],
    ['jokes from -10 to 10', { '-9.5': 20, 3: 20, 8: 20 }, 'the ratings are -9.5, 3 and 8'],
    ['a single one', { 1: 1 }, 'all ratings are 1, too few ratings to recognise their scale'],
    ['two beyond five', { 5: 1, 9: 1 }, 'the ratings are 5 and 9, too few ratings'],
  ])('leaves a question that names the flags: %s', (_what, counts, question) => {
    expect(() => ruleFor(counts)).toThrow(InvalidInputError);
    expect(() => ruleFor(counts)).toThrow(question);
    expect(() => ruleFor(counts)).toThrow(/--scale .* --like-at and --dislike-at/);
  });

  it('is assumed to be five stars where a few ratings fit them', () => {
    expect(ruleFor({ 5: 1, 2: 1 })).toMatchObject({ least: 0.5, most: 5, origin: 'assumed' });
    expect(ruleFor({})).toMatchObject({ origin: 'assumed' });
  });

  it('follows from what is said', () => {
    expect(ruleFor({ 1: 50 }, { scale: { least: 1, most: 5 } })).toMatchObject({ likeAt: 4, dislikeAt: 2 });
    expect(ruleFor({ '-1': 9, 1: 9, 10: 9 }, { likeAt: 7, dislikeAt: 4 })).toMatchObject({
      least: 1,
      most: 10,
      likeAt: 7,
      dislikeAt: 4,
      notRated: [-1],
      origin: 'given',
    });
    expect(ruleFor({ 0: 1, 1: 1 }, { likeAt: 1, dislikeAt: 0 })).toMatchObject({ least: 0, notRated: [] });
    expect(() => ruleFor({ 3: 30, 5: 30 }, { likeAt: 7 })).toThrow('Likes begin at 7');
    expect(() => ruleFor({ 5: 1 }, { likeAt: 2, dislikeAt: 2 })).toThrow('overlap');
  });

  it('is written as two numbers', () => {
    expect(parseScale('1..10')).toEqual({ least: 1, most: 10 });
    expect(parseScale('-1..1')).toEqual({ least: -1, most: 1 });
    for (const text of ['10', '10..1', 'a..b', '']) expect(() => parseScale(text)).toThrow('like 1..10');
  });
});
