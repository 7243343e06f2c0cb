/** Training runs and what asking for one can end in. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { RunState, TrainingRun, TrainingStage } from '../../server/domain/index.js';
import { RunStateEnum, RunTriggerEnum, TrainingStageEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('TrainingRun', { simpleResolvers: true, description: 'One run of the training job.' })
export class TrainingRunType {
  @Field(() => ID, { description: 'Names the run.' })
  id!: string;

  @Field(() => RunStateEnum, { description: 'Where it stands.' })
  state!: RunState;

  @Field(() => TrainingStageEnum, { description: 'The stage it is in, or ended in.' })
  stage!: TrainingStage;

  @Field(() => Float, { description: 'How much of the whole run is done, 0 to 1.' })
  progress!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Estimated milliseconds left; null when not known yet.',
  })
  remainingMs!: number | null;

  @Field(() => DateTime, { description: 'When it began.' })
  startedAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null while it runs.' })
  endedAt!: number | null;

  @Field(() => String, { nullable: true, description: 'Why it failed; null otherwise.' })
  error!: string | null;

  @Field(() => String, { description: 'The instance that runs it.' })
  host!: string;

  @Field(() => Int, { nullable: true, description: 'The model version it made; null until there is one.' })
  modelVersion!: number | null;

  @Field(() => RunTriggerEnum, { description: 'Who or what asked for it.' })
  trigger!: TrainingRun['trigger'];
}

@ObjectType('RetrainStarted', {
  simpleResolvers: true,
  description: 'A run has begun; follow it with `trainingProgress`.',
})
export class RetrainStartedType {
  @Field(() => TrainingRunType, { description: 'The run.' })
  run!: TrainingRunType;
}

@ObjectType('AlreadyRunning', {
  simpleResolvers: true,
  description: 'Refused: a run is under way and only one may be.',
})
export class AlreadyRunningType {
  @Field(() => String, { description: 'The instance that runs it.' })
  owner!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  since!: number;

  @Field(() => String, { description: 'The same, in a sentence.' })
  message!: string;
}

export const RetrainResult = createUnionType({
  name: 'RetrainResult',
  description: 'What became of asking for a retrain.',
  types: () => [RetrainStartedType, AlreadyRunningType] as const,
  resolveType: (value) => ('run' in value ? RetrainStartedType : AlreadyRunningType),
});
