/** Alert thresholds to change. */

import { Field, Float, InputType } from 'type-graphql';

const field = (range: string) =>
  Field(() => Float, {
    nullable: true,
    description: `${range}; null restores the default, and leaving it out changes nothing.`,
  });

@InputType('AlertThresholdsInput', { description: 'Alert thresholds to change; see `AlertThresholds`.' })
export class AlertThresholdsInput {
  @field('.01 to 10')
  psi?: number | null;

  @field('.01 to 10')
  centroid?: number | null;

  @field('.01 to 1')
  share?: number | null;

  @field('-1 to 1')
  guardTolerance?: number | null;

  @field('.01 to 1')
  hitRateLoss?: number | null;
}
