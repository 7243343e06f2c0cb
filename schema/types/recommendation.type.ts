/** Ranked lists and the exact reasons for each place in them. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { UpdateCause } from '../../server/domain/index.js';
import { UpdateCauseEnum } from '../enums/index.js';

import { ItemType } from './item.type.js';
import { PersonaType } from './persona.type.js';

/** Adding up the parts of a score takes about as long as returning this many values. */
const EXPLANATION_COST = 50;

@ObjectType('ItemContribution', {
  simpleResolvers: true,
  description: "What one item of the user's history adds to a score.",
})
export class ItemContributionType {
  @Field(() => ItemType, { description: 'The item of the history.' })
  item!: ItemType;

  @Field(() => Float, { description: 'Its part of the score; negative when it pushes away.' })
  contribution!: number;
}

@ObjectType('Explanation', {
  simpleResolvers: true,
  description:
    'Why an item has its score. Exact: persona + popularity + sequence + the contributions of items + otherItems = total = score.',
})
export class ExplanationType {
  @Field(() => Float, {
    description: "The part that comes from the user's persona; 0 for a user who has none yet.",
  })
  persona!: number;

  @Field(() => Float, { description: 'The part that comes from what everybody likes.' })
  popularity!: number;

  @Field(() => Float, {
    description:
      'The part that comes from what users come to soon after the items that this user came to last.',
  })
  sequence!: number;

  @Field(() => ItemType, {
    nullable: true,
    description: 'The item of the user that adds most to `sequence`; null where none does.',
  })
  sequenceItem!: ItemType | null;

  @Field(() => [ItemContributionType], {
    description: "The user's own items, largest contribution (by size) first.",
  })
  items!: ItemContributionType[];

  @Field(() => Float, { description: 'The sum of the smaller contributions that `items` leaves out.' })
  otherItems!: number;

  @Field(() => Float, { description: 'The sum of all parts: the score.' })
  total!: number;
}

@ObjectType('Recommendation', { simpleResolvers: true, description: 'One place in a ranked list.' })
export class RecommendationType {
  @Field(() => ItemType, { description: 'The recommended item.' })
  item!: ItemType;

  @Field(() => Int, { description: 'Its place; the first is 1.' })
  rank!: number;

  @Field(() => Float, { description: 'What the list is ordered by; comparable within one list only.' })
  score!: number;

  @Field(() => ExplanationType, {
    complexity: ({ childComplexity }) => EXPLANATION_COST + childComplexity,
    description: 'Why it has this score.',
  })
  explanation!: unknown;
}

@ObjectType('RecommendationList', { simpleResolvers: true, description: 'What one user is shown, in order.' })
export class RecommendationListType {
  @Field(() => ID, {
    description: 'Names this list; send it along with feedback and events that came from it.',
  })
  listId!: string;

  @Field(() => ID, { description: 'Whose list it is.' })
  userId!: string;

  @Field(() => [RecommendationType], { description: 'The recommendations, best first.' })
  items!: RecommendationType[];

  @Field(() => Int, { description: 'The model version that ranked it.' })
  modelVersion!: number;

  @Field(() => Int, {
    description:
      'Rises with every change that could move the list, on every instance and across restarts. Of two lists of one user, show the one with the higher revision, until the cause is ERASED.',
  })
  revision!: number;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona the user had; null before one is assigned.',
  })
  persona!: PersonaType | null;
}

@ObjectType('Counterfactual', {
  simpleResolvers: true,
  description:
    'Where an item would stand without one entry of the history. Exact: the same fold-in without it.',
})
export class CounterfactualType {
  @Field(() => ID, { description: 'The recommended item.' })
  itemId!: string;

  @Field(() => ID, { description: 'The item of the history that is left out.' })
  withoutItemId!: string;

  @Field(() => Int, { description: 'Its place now, among everything that may be listed.' })
  rankBefore!: number;

  @Field(() => Int, { description: 'Its place without that entry.' })
  rankAfter!: number;

  @Field(() => Float, { description: 'Its score now.' })
  scoreBefore!: number;

  @Field(() => Float, { description: 'Its score without that entry.' })
  scoreAfter!: number;
}

@ObjectType('RecommendationsUpdate', { simpleResolvers: true, description: 'A pushed list.' })
export class RecommendationsUpdateType {
  @Field(() => RecommendationListType, { description: 'The list as it is now; it replaces the one before.' })
  list!: RecommendationListType;

  @Field(() => UpdateCauseEnum, { description: 'What moved it.' })
  cause!: UpdateCause;

  @Field(() => Float, { description: 'Milliseconds from the arrival of the cause to the push.' })
  latencyMs!: number;
}
