/** Which time the dashboards are about. */

import { Field, InputType } from 'type-graphql';

import type { MetricGrain } from '../../server/domain/index.js';
import { MetricGrainEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@InputType('AnalyticsRangeInput', {
  description: 'A span of time and the width of its points; whatever is left out is chosen sensibly.',
})
export class AnalyticsRangeInput {
  @Field(() => DateTime, {
    nullable: true,
    description: 'From here, rounded down to a whole point; seven days before `to` if left out.',
  })
  from?: number | null;

  @Field(() => DateTime, { nullable: true, description: 'Up to here; now if left out.' })
  to?: number | null;

  @Field(() => MetricGrainEnum, {
    nullable: true,
    description:
      'Width of a point: if left out, minutes up to three hours, hours up to fourteen days, days beyond. A range has 1,000 points at most.',
  })
  grain?: MetricGrain | null;
}
