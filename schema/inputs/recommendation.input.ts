/** What narrows a recommendation list. */

import { Field, ID, InputType } from 'type-graphql';

@InputType('RecommendationFilterInput', { description: 'Narrows a list of recommendations.' })
export class RecommendationFilterInput {
  @Field(() => [String], {
    nullable: true,
    description: 'Keep these categories only, up to 100; empty or left out means all.',
  })
  categories?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Leave these items out, up to 1,000.' })
  excludeItemIds?: string[] | null;
}
