/** Model versions and training runs, for admins. */

import { Arg, Ctx, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';

import type {
  ActivationRefusedType,
  AlreadyRunningType,
  ModelActivatedType,
  RetrainStartedType,
} from '../../schema/index.js';
import {
  ActivateModelResult,
  DateTime,
  ModelVersionType,
  RetrainResult,
  TrainingRunType,
} from '../../schema/index.js';
import type { EventEnvelope } from '../domain/index.js';
import { AlreadyRunningError, CorruptModelError, ModelNotFoundError } from '../domain/index.js';

import { Access } from './access.js';
import { costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';
import { toModel, toRun } from './views.js';

@Resolver()
export class TrainingResolver {
  @Access('admin')
  @Query(() => ModelVersionType, {
    nullable: true,
    description: 'A model version; null if it does not exist, or if no version is active.',
  })
  async model(
    @Ctx() context: ApiContext,
    @Arg('version', () => Int, {
      nullable: true,
      description: 'The version number; by default the active version.',
    })
    version: number | null | undefined,
  ): Promise<ModelVersionType | null> {
    const { services } = context;
    const wanted = version ?? services.models.activeVersion();
    const model = wanted === null ? null : await services.models.model(wanted);
    return model === null ? null : toModel(context, model);
  }

  @Access('admin')
  @Query(() => [ModelVersionType], {
    complexity: costOfPage,
    description: 'The kept model versions, newest first.',
  })
  async models(
    @Ctx() context: ApiContext,
    @First({ defaultValue: 10, max: 50, what: 'versions' }) first: number,
  ): Promise<ModelVersionType[]> {
    return (await context.services.models.models(first)).map((model) => toModel(context, model));
  }

  @Access('admin')
  @Query(() => [TrainingRunType], { complexity: costOfPage, description: 'Training runs, newest first.' })
  async trainingRuns(
    @Ctx() { services }: ApiContext,
    @First({ defaultValue: 10, max: 100, what: 'runs' }) first: number,
  ): Promise<TrainingRunType[]> {
    return (await services.training.runs(first)).map(toRun);
  }

  @Access('admin')
  @Query(() => DateTime, {
    nullable: true,
    description: 'When the schedule starts the next training run; null without a schedule.',
  })
  nextTrainingAt(@Ctx() { services }: ApiContext): number | null {
    return services.training.nextRunAt();
  }

  @Access('admin')
  @Mutation(() => RetrainResult, {
    description:
      'Starts a training run and returns immediately. At most one run is in progress on all instances together.',
  })
  async retrain(@Ctx() { services, actor }: ApiContext): Promise<RetrainStartedType | AlreadyRunningType> {
    try {
      const run = await services.audit.run(
        { actor, action: 'retrain', target: null },
        () => services.training.start('admin'),
        ({ runId }) => ({ target: runId }),
      );
      return { run: toRun(run) };
    } catch (error) {
      if (error instanceof AlreadyRunningError) {
        return { owner: error.owner, since: error.since, message: error.message };
      }
      throw error;
    }
  }

  @Access('admin')
  @Mutation(() => Boolean, {
    description: 'Cancels a training run. False if it is not running.',
  })
  cancelTraining(
    @Ctx() { services, actor }: ApiContext,
    @Arg('runId', () => ID, { description: 'The id of the run.' }) runId: string,
  ): Promise<boolean> {
    return services.audit.run(
      { actor, action: 'cancel-training', target: runId },
      () => services.training.cancel(runId),
      (isCancelled) => (isCancelled ? {} : { outcome: 'refused' }),
    );
  }

  @Access('admin')
  @Mutation(() => ActivateModelResult, {
    description: 'Activates a kept model version; also used to roll back to an earlier version.',
  })
  async activateModel(
    @Ctx() context: ApiContext,
    @Arg('version', () => Int, { description: 'The version number.' }) version: number,
  ): Promise<ModelActivatedType | ActivationRefusedType> {
    try {
      const { models, audit } = context.services;
      const action = version < (models.activeVersion() ?? 0) ? 'roll-back' : 'activate-model';
      const model = await audit.run({ actor: context.actor, action, target: String(version) }, () =>
        models.activate(version),
      );
      return { model: toModel(context, model) };
    } catch (error) {
      if (error instanceof ModelNotFoundError || error instanceof CorruptModelError) {
        return { version, code: error.code, message: error.message };
      }
      throw error;
    }
  }

  @Access('admin')
  @Subscription(() => TrainingRunType, {
    description: 'Progress of training runs on any instance.',
    subscribe: ({ context }: { context: ApiContext }) =>
      context.bus.subscribe(['training.progressed'], { coalesceBy: ({ payload }) => payload.runId }),
  })
  async trainingProgress(
    @Root() { payload }: EventEnvelope<'training.progressed'>,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingRunType> {
    const current = services.training.currentRun();
    const run = current?.runId === payload.runId ? current : await services.training.findRun(payload.runId);
    if (run === null) throw new Error(`Training run ${payload.runId} was published, but is not stored.`);
    return toRun(run);
  }
}
