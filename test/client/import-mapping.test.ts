import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import {
  NO_CHOICES,
  chosenMapping,
  mappingYaml,
  scaleFault,
  wholeMapping,
  withColumn,
  type ImportPreview,
} from '../../client/composables/admin/import-mapping.js';
import { parseMapping } from '../../server/ingest/index.js';

const column = (name: string, field: string | null) => ({
  name,
  field,
  isShown: true,
  isNested: false,
  cells: [],
});
const PREVIEW: ImportPreview = {
  format: 'CSV with semicolons',
  delimiter: ';',
  encoding: 'utf-8',
  isCompressed: false,
  hasHeader: true,
  fields: ['userId', 'itemId', 'rating', 'timestamp'].map((field) => ({
    field,
    isRequired: field !== 'timestamp',
  })),
  columns: [column('who', 'userId'), column('a "b": c, d=e', 'itemId'), column('grade', 'rating')],
  question: null,
  questionField: null,
  rule: { least: 0.5, most: 5, likeAt: 4, dislikeAt: 2, origin: 'recognised' },
  types: [],
  nChecked: 2,
  rejected: 0,
  reasons: [],
};

describe('a mapping made on the import page', () => {
  it('is read from its YAML file as the importer reads it from the page', () => {
    const choices = {
      ...NO_CHOICES,
      ...{ columns: { timestamp: '' }, delimiter: '\t', dates: 'month-first', itemsFromEvents: true },
    };
    const mapping = wholeMapping('ratings', choices, PREVIEW);
    const given = parseMapping(parse(mappingYaml(mapping)) as Record<string, unknown>);
    expect(given).toEqual(parseMapping({ ...mapping }));
    expect(Object.fromEntries(given.columns)).toEqual({
      userId: 'who',
      itemId: 'a "b": c, d=e',
      rating: 'grade',
      timestamp: '',
    });
    expect(given).toMatchObject({
      ...{ delimiter: '\t', dates: 'month-first' },
      scale: { least: 0.5, most: 5 },
      likeAt: 4,
      dislikeAt: 2,
      itemsFromEvents: true,
    });
  });

  it('maps a field to a single column, and a column to a single field', () => {
    const moved = withColumn(NO_CHOICES, PREVIEW, 'grade', 'timestamp');
    expect(moved.columns).toEqual({ rating: '', timestamp: 'grade' });
    expect(withColumn(NO_CHOICES, PREVIEW, 'who', '').columns).toEqual({ userId: '' });
    expect(withColumn(moved, PREVIEW, 'who', 'rating').columns).toEqual({
      userId: '',
      rating: 'who',
      timestamp: 'grade',
    });
  });

  it('completes a scale with a single typed end, and leaves it out if only thresholds are typed', () => {
    const scale = { ...NO_CHOICES.scale, most: '10' };
    expect(chosenMapping('ratings', { ...NO_CHOICES, scale }, PREVIEW)).toEqual({ scale: '0.5..10' });
    const thresholds = { ...NO_CHOICES, scale: { ...NO_CHOICES.scale, likeAt: '3,5', dislikeAt: '1' } };
    const around: ImportPreview = {
      ...PREVIEW,
      rule: { least: 2, most: 4, likeAt: 3.5, dislikeAt: 1, origin: 'given' },
    };
    expect(wholeMapping('ratings', thresholds, around)).toMatchObject({ 'like-at': 3.5, 'dislike-at': 1 });
    expect(wholeMapping('ratings', thresholds, around)).not.toHaveProperty('scale');
  });

  it('reports typed numbers that are invalid or contradictory', () => {
    const fault = (scale: object) => scaleFault({ ...NO_CHOICES, scale: { ...NO_CHOICES.scale, ...scale } });
    expect(fault({ least: 'x' })).toBe('number');
    expect(fault({ least: '5', most: '1' })).toBe('scale');
    expect(fault({ likeAt: '2', dislikeAt: '4' })).toBe('thresholds');
    expect(fault({ least: '', most: '10' })).toBeNull();
  });
});
