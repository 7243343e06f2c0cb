/** How much a known persona helps users of whom nothing else is known: a fifth of the simulated users, left out of the fit. */

import type { Dataset, ItemContent } from '../../../server/features/index.js';
import type { Interactions, PersonaModel } from '../../../server/learning/index.js';
import {
  bootstrapMean,
  createRandom,
  fitRecommender,
  foldIn,
  itemFeaturesOf,
  judgeUser,
  pick,
  scoreAll,
} from '../../../server/learning/index.js';
import type { Figure } from '../report.js';

const SEED = 1;
const NEWCOMER_SHARE = 0.2;
const SEARCH_FITS = 8;

/** `labels`: Int32Array [nUsers], the personas of all users by their later behaviour. */
export function benchNewcomers(
  { interactions, nUsers, nItems }: Dataset,
  { content, personas, labels }: { content: ItemContent; personas: PersonaModel; labels: Int32Array },
): Figure[] {
  const random = createRandom(SEED);
  const isNew = Uint8Array.from({ length: nUsers }, () => Number(random.next() < NEWCOMER_SHARE));
  const model = fitRecommender(
    {
      interactions: without(interactions, isNew),
      nItems,
      itemFeatures: itemFeaturesOf(content),
      userPersona: labels.map((label, user) => (isNew[user] === 1 ? -1 : label)),
      nPersonas: personas.personas.length,
    },
    { seed: SEED, search: { maxFits: SEARCH_FITS } },
  );
  const nothing = pick(interactions, []);
  const [known, unknown]: [number[], number[]] = [[], []];
  for (let user = 0; user < nUsers; user++) {
    const held = interactions.indices.subarray(interactions.indptr[user], interactions.indptr[user + 1]);
    if (isNew[user] === 0 || labels[user] < 0 || held.length < 5) continue;
    const precision = (personaIndex: number) =>
      judgeUser(scoreAll(model, foldIn(model, nothing, { personaIndex })), new Int32Array(0), held).metrics[
        'precision@5'
      ];
    known.push(precision(labels[user]));
    unknown.push(precision(-1));
  }
  const mean = (values: number[]) => bootstrapMean(Float64Array.from(values), { seed: SEED });
  const figure = (what: string, values: number[], goal?: string): Figure => {
    const { value, low, high } = mean(values);
    return {
      what: `newcomers (${known.length}), ${what}: precision@5`,
      value,
      low,
      high,
      unit: '',
      ...(goal === undefined ? {} : { goal }),
    };
  };
  return [
    figure('persona known', known),
    figure('persona unknown', unknown),
    figure(
      'difference',
      known.map((value, user) => value - unknown[user]),
      'above 0; known >= 2 x unknown',
    ),
  ];
}

/** The interactions without those of some users; rows are the same users. */
function without(interactions: Interactions, isLeftOut: Uint8Array): Interactions {
  const { indptr } = interactions;
  const entries: number[] = [];
  const ptr = new Int32Array(indptr.length);
  for (let user = 0; user + 1 < indptr.length; user++) {
    if (isLeftOut[user] === 0)
      for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) entries.push(entry);
    ptr[user + 1] = entries.length;
  }
  return { ...pick(interactions, entries), indptr: ptr };
}
