/** Training runs: list, live progress, start and cancellation. Admins only. */

import { useApolloClient, useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import {
  CancelTrainingDocument,
  RetrainDocument,
  RunRowFragmentDoc,
  TrainingProgressDocument,
  TrainingRunsDocument,
  type RunRowFragment,
  type TrainingStage,
} from '../../generated/graphql.js';
import {
  failureOf,
  useLiveQuery,
  useLiveSubscription,
  type Failure,
  type LiveQuery,
  type RequestErrorLike,
} from '../index.js';

export type TrainingRun = RunRowFragment;

/** The stages of a run, in order. */
export const TRAINING_STAGES: readonly TrainingStage[] = [
  'LOAD',
  'FEATURES',
  'PERSONAS',
  'FIT',
  'EVALUATE',
  'PUBLISH',
  'REASSIGN',
];

export interface Training extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Newest first. */
  readonly runs: ComputedRef<readonly TrainingRun[]>;
  /** The current run, or null. */
  readonly current: ComputedRef<TrainingRun | null>;
  readonly isStarting: Readonly<Ref<boolean>>;
  /** Why the last start or cancellation was refused. */
  readonly refusal: DeepReadonly<Ref<Failure | null>>;
  retrain(): Promise<void>;
  cancel(runId: string): Promise<void>;
  /** Calls back when a run has ended, also if it was started elsewhere. */
  onEnded(callback: (run: TrainingRun) => void): void;
}

export function useTraining(): Training {
  const { client } = useApolloClient();
  const query = useLiveQuery(TrainingRunsDocument, {});
  const start = useMutation(RetrainDocument);
  const stop = useMutation(CancelTrainingDocument);
  const progress = useLiveSubscription(TrainingProgressDocument, {}, query.refetch);
  const refusal = ref<Failure | null>(null);
  const endings: ((run: TrainingRun) => void)[] = [];

  const runs = computed(() => query.data.value?.trainingRuns ?? []);
  const current = computed(() => runs.value.find(({ state }) => state === 'RUNNING') ?? null);

  progress.onData(({ trainingProgress: run }) => {
    if (!runs.value.some(({ id }) => id === run.id)) query.refetch();
    else
      client.cache.writeFragment({ id: client.cache.identify(run), fragment: RunRowFragmentDoc, data: run });
    if (run.state !== 'RUNNING') for (const callback of endings) callback(run);
  });

  async function attempt(action: () => Promise<string | null>): Promise<void> {
    refusal.value = null;
    try {
      const message = await action();
      if (message !== null) refusal.value = { kind: 'fault', message, reference: null };
    } catch (error) {
      refusal.value = failureOf(error as RequestErrorLike);
    }
    query.refetch();
  }

  return {
    runs,
    current,
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    isStarting: start.loading,
    refusal: readonly(refusal),
    retrain: () =>
      attempt(async () => {
        const answer = await start.mutate();
        const outcome = answer?.data?.retrain;
        return outcome?.__typename === 'AlreadyRunning' ? outcome.message : null;
      }),
    cancel: (runId) =>
      attempt(async () => {
        await stop.mutate({ runId });
        return null;
      }),
    onEnded(callback) {
      endings.push(callback);
    },
  };
}
