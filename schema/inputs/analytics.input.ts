/** Time range of the dashboards. */

import { Field, InputType } from 'type-graphql';

import type { MetricGrain } from '../../server/domain/index.js';
import { MetricGrainEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@InputType('AnalyticsRangeInput', {
  description: 'A time range and the interval between its points; every field has a default.',
})
export class AnalyticsRangeInput {
  @Field(() => DateTime, {
    nullable: true,
    description: 'Start, rounded down to a whole point; default seven days before `to`.',
  })
  from?: number | null;

  @Field(() => DateTime, { nullable: true, description: 'End; default now.' })
  to?: number | null;

  @Field(() => MetricGrainEnum, {
    nullable: true,
    description:
      'Interval between points; by default minutes up to three hours, hours up to fourteen days, days beyond. A range has at most 1,000 points.',
  })
  grain?: MetricGrain | null;
}
