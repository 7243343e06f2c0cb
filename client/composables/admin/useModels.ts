/** The active model, all stored versions, and activation. Admins only. */

import { useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import { ActivateModelDocument, ActiveModelDocument, ModelsDocument } from '../../generated/graphql.js';
import type { ActiveModelQuery, ModelRowFragment } from '../../generated/graphql.js';
import { failureOf, useLiveQuery, type Failure, type LiveQuery, type RequestErrorLike } from '../index.js';

export type ActiveModel = NonNullable<ActiveModelQuery['model']>;
export type ModelRow = ModelRowFragment;

export interface Models extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Null before the first training. */
  readonly active: ComputedRef<ActiveModel | null>;
  /** Newest first. */
  readonly models: ComputedRef<readonly ModelRow[]>;
  /** The version that is being activated, or null. */
  readonly activating: DeepReadonly<Ref<number | null>>;
  readonly refusal: DeepReadonly<Ref<Failure | null>>;
  activate(version: number): Promise<void>;
}

export function useModels(): Models {
  const activeQuery = useLiveQuery(ActiveModelDocument, {});
  const listQuery = useLiveQuery(ModelsDocument, {});
  const mutation = useMutation(ActivateModelDocument);
  const activating = ref<number | null>(null);
  const refusal = ref<Failure | null>(null);

  function refetch(): void {
    activeQuery.refetch();
    listQuery.refetch();
  }

  async function activate(version: number): Promise<void> {
    activating.value = version;
    refusal.value = null;
    try {
      const answer = await mutation.mutate({ version });
      const outcome = answer?.data?.activateModel;
      if (outcome?.__typename === 'ActivationRefused') {
        refusal.value = { kind: 'fault', message: outcome.message, reference: null };
      }
    } catch (error) {
      refusal.value = failureOf(error as RequestErrorLike);
    }
    activating.value = null;
    refetch();
  }

  return {
    active: computed(() => activeQuery.data.value?.model ?? null),
    models: computed(() => listQuery.data.value?.models ?? []),
    isLoading: computed(() => activeQuery.isLoading.value || listQuery.isLoading.value),
    failure: computed(() => activeQuery.failure.value ?? listQuery.failure.value),
    activating: readonly(activating),
    refusal: readonly(refusal),
    refetch,
    activate,
  };
}
