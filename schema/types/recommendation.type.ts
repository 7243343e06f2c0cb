/** Ranked lists and their exact explanations. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { UpdateCause } from '../../server/domain/index.js';
import { UpdateCauseEnum } from '../enums/index.js';

import { ItemType } from './item.type.js';
import { PersonaType } from './persona.type.js';

/** Computing an explanation takes about as long as returning this many values. */
const EXPLANATION_COST = 50;

@ObjectType('ItemContribution', {
  simpleResolvers: true,
  description: "Contribution of an item of the user's history to a score.",
})
class ItemContributionType {
  @Field(() => ItemType, { description: 'The item of the history.' })
  item!: ItemType;

  @Field(() => Float, { description: 'Its part of the score; may be negative.' })
  contribution!: number;
}

@ObjectType('Explanation', {
  simpleResolvers: true,
  description:
    'Why an item has its score. Exact: persona + popularity + sequence + the contributions of items + otherItems = total = score.',
})
export class ExplanationType {
  @Field(() => Float, {
    description: "Contribution of the user's persona; 0 without a persona.",
  })
  persona!: number;

  @Field(() => Float, { description: 'Contribution of popularity.' })
  popularity!: number;

  @Field(() => Float, {
    description:
      "Contribution of item-to-item sequences: items that often follow the user's most recent items.",
  })
  sequence!: number;

  @Field(() => ItemType, {
    nullable: true,
    description: 'The recent item that contributes most to `sequence`; null if none contributes.',
  })
  sequenceItem!: ItemType | null;

  @Field(() => ItemType, {
    nullable: true,
    description:
      "For an item that is newer than the model: an item of similar content, from the user's history if one contributes. Null for other items.",
  })
  newLikeItem!: ItemType | null;

  @Field(() => [ItemContributionType], {
    description: "Contributions of items of the user's history, largest absolute value first.",
  })
  items!: ItemContributionType[];

  @Field(() => Float, { description: 'Sum of the smaller contributions that `items` omits.' })
  otherItems!: number;

  @Field(() => Float, { description: 'Sum of all parts: the score.' })
  total!: number;
}

@ObjectType('Recommendation', { simpleResolvers: true, description: 'An entry of a ranked list.' })
export class RecommendationType {
  @Field(() => ItemType, { description: 'The recommended item.' })
  item!: ItemType;

  @Field(() => Int, { description: 'Its 1-based rank.' })
  rank!: number;

  @Field(() => Float, { description: 'Ranking score; comparable within a single list only.' })
  score!: number;

  @Field(() => ExplanationType, {
    complexity: ({ childComplexity }) => EXPLANATION_COST + childComplexity,
    description: 'Explanation of the score.',
  })
  explanation!: unknown;
}

@ObjectType('Facet', {
  simpleResolvers: true,
  description: "A group of a user's likes that are similar to each other: a side of the user's taste.",
})
export class FacetType {
  @Field(() => String, {
    description:
      'Its most distinctive category or tag, or the title of its most typical item if it has none; unique among the facets of a user. Usable as `filter: { facet }`.',
  })
  label!: string;

  @Field(() => Float, {
    description: "Share of the user's likes, 0 to 1; the shares of all facets sum to 1.",
  })
  share!: number;

  @Field(() => Int, { description: 'Number of likes in it.' })
  itemCount!: number;

  @Field(() => [ItemType], { description: 'Its most typical liked items, up to ten.' })
  items!: unknown;
}

/** Finding the facets of a user takes about as long as returning this many values. */
const FACETS_COST = 100;

/** Cost of a field of facets. */
export function costOfFacets({ childComplexity }: { childComplexity: number }): number {
  return FACETS_COST + 5 * childComplexity;
}

@ObjectType('RecommendationList', {
  simpleResolvers: true,
  description: 'Ranked recommendations for a user.',
})
export class RecommendationListType {
  @Field(() => ID, {
    description: 'Id of the list; include it in feedback and events on its items.',
  })
  listId!: string;

  @Field(() => ID, { description: 'Pseudonym of the user.' })
  userId!: string;

  @Field(() => [RecommendationType], { description: 'The recommendations, best first.' })
  items!: RecommendationType[];

  @Field(() => Int, { description: 'The model version that ranked it.' })
  modelVersion!: number;

  @Field(() => Int, {
    description:
      'Increases with every change that could alter the list, on every instance and across restarts. Of two lists of the same user, show the list with the higher revision, unless the cause is ERASED.',
  })
  revision!: number;

  @Field(() => PersonaType, {
    nullable: true,
    description: "The user's persona when the list was ranked; null without a persona.",
  })
  persona!: PersonaType | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The facet that the list is narrowed to by `filter: { facet }`; null without one, and if the user no longer has it: the list then holds all.',
  })
  facet!: string | null;

  @Field(() => [FacetType], {
    complexity: costOfFacets,
    description: "The user's facets, largest first, as in `me { facets }`.",
  })
  facets!: unknown;
}

@ObjectType('Counterfactual', {
  simpleResolvers: true,
  description: 'Rank of an item without an entry of the history. Exact: the same fold-in without that entry.',
})
export class CounterfactualType {
  @Field(() => ID, { description: 'The recommended item.' })
  itemId!: string;

  @Field(() => ID, { description: 'The omitted item of the history.' })
  withoutItemId!: string;

  @Field(() => Int, { description: 'Its current rank, among all items that may be listed.' })
  rankBefore!: number;

  @Field(() => Int, { description: 'Its rank without that entry.' })
  rankAfter!: number;

  @Field(() => Float, { description: 'Its current score.' })
  scoreBefore!: number;

  @Field(() => Float, { description: 'Its score without that entry.' })
  scoreAfter!: number;
}

@ObjectType('RecommendationsUpdate', { simpleResolvers: true, description: 'A pushed list.' })
export class RecommendationsUpdateType {
  @Field(() => RecommendationListType, { description: 'The new list, which replaces the previous list.' })
  list!: RecommendationListType;

  @Field(() => UpdateCauseEnum, { description: 'Cause of the update.' })
  cause!: UpdateCause;

  @Field(() => Float, { description: 'Milliseconds from the arrival of the cause to the push.' })
  latencyMs!: number;
}
