/** Filter of a recommendation list. */

import { Field, ID, InputType } from 'type-graphql';

@InputType('RecommendationFilterInput', { description: 'Filters a list of recommendations.' })
export class RecommendationFilterInput {
  @Field(() => [String], {
    nullable: true,
    description: 'Include only these categories, up to 100; empty or omitted means all.',
  })
  categories?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Exclude these items, up to 1,000.' })
  excludeItemIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Include only items closest to this facet of the user: a `label` of `me { facets }`. Ignored if the user does not have it, see `RecommendationList.facet`.',
  })
  facet?: string | null;
}
