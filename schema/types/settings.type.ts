/** The settings in force. */

import { Field, Float, ObjectType } from 'type-graphql';

import { ScheduledJobEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('Schedule', { simpleResolvers: true, description: 'The schedule of a job.' })
export class ScheduleType {
  @Field(() => ScheduledJobEnum, { description: 'The job.' })
  job!: 'retrain' | 'drift';

  @Field(() => String, { description: 'Five cron fields.' })
  cron!: string;

  @Field(() => String, { description: 'An IANA time zone.' })
  timeZone!: string;

  @Field(() => DateTime, { nullable: true, description: 'The next start; null if there is none.' })
  nextRunAt!: number | null;
}

@ObjectType('AlertThresholds', {
  simpleResolvers: true,
  description: 'Limits beyond which alerts are raised.',
})
export class AlertThresholdsType {
  @Field(() => Float, {
    description: 'Population stability index of a feature; small samples get an allowance for chance.',
  })
  psi!: number;

  @Field(() => Float, {
    description: "Shift of a persona's centroid, in typical distances of a user from it.",
  })
  centroid!: number;

  @Field(() => Float, { description: "Shift of a persona's share of users." })
  share!: number;

  @Field(() => Float, {
    description: 'Relative loss of quality with which a new version is held back; negative requires a gain.',
  })
  guardTolerance!: number;

  @Field(() => Float, {
    description: 'Relative loss of the hit rate of the active version against the version before.',
  })
  hitRateLoss!: number;
}

@ObjectType('Settings', { simpleResolvers: true, description: 'The settings in force.' })
export class SettingsType {
  @Field(() => [ScheduleType], { description: 'The schedules of all jobs.' })
  schedules!: ScheduleType[];

  @Field(() => AlertThresholdsType, { description: 'Limits beyond which alerts are raised.' })
  alertThresholds!: AlertThresholdsType;
}
