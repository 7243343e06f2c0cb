/** Training runs and the result of retrain. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { RunState, TrainingRun, TrainingStage } from '../../server/domain/index.js';
import { RunStateEnum, RunTriggerEnum, TrainingStageEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('TrainingRun', { simpleResolvers: true, description: 'A run of the training job.' })
export class TrainingRunType {
  @Field(() => ID, { description: 'Id of the run.' })
  id!: string;

  @Field(() => RunStateEnum, { description: 'State of the run.' })
  state!: RunState;

  @Field(() => TrainingStageEnum, { description: 'The current or final stage.' })
  stage!: TrainingStage;

  @Field(() => Float, { description: 'Progress of the entire run, 0 to 1.' })
  progress!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Estimated milliseconds left; null if unknown.',
  })
  remainingMs!: number | null;

  @Field(() => DateTime, { description: 'When it started.' })
  startedAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null while it runs.' })
  endedAt!: number | null;

  @Field(() => String, { nullable: true, description: 'Error message of a failed run; else null.' })
  error!: string | null;

  @Field(() => String, { description: 'The instance that runs it.' })
  host!: string;

  @Field(() => Int, { nullable: true, description: 'The resulting model version; null until it exists.' })
  modelVersion!: number | null;

  @Field(() => RunTriggerEnum, { description: 'Trigger of the run.' })
  trigger!: TrainingRun['trigger'];
}

@ObjectType('RetrainStarted', {
  simpleResolvers: true,
  description: 'A run has started; follow it with `trainingProgress`.',
})
export class RetrainStartedType {
  @Field(() => TrainingRunType, { description: 'The run.' })
  run!: TrainingRunType;
}

@ObjectType('AlreadyRunning', {
  simpleResolvers: true,
  description: 'Refused: a run is already in progress.',
})
export class AlreadyRunningType {
  @Field(() => String, { description: 'The instance that runs it.' })
  owner!: string;

  @Field(() => DateTime, { description: 'When that run started.' })
  since!: number;

  @Field(() => String, { description: 'Error message.' })
  message!: string;
}

export const RetrainResult = createUnionType({
  name: 'RetrainResult',
  description: 'Result of retrain.',
  types: () => [RetrainStartedType, AlreadyRunningType] as const,
  resolveType: (value) => ('run' in value ? RetrainStartedType : AlreadyRunningType),
});
