/** Alerts, newest first and live, and acknowledging them. Admins only. */

import { useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import {
  AcknowledgeAlertDocument,
  AlertRaisedDocument,
  AlertsDocument,
  type AlertRowFragment,
} from '../../generated/graphql.js';
import {
  failureOf,
  useLiveQuery,
  useLiveSubscription,
  type Failure,
  type LiveQuery,
  type RequestErrorLike,
} from '../index.js';

export type AlertRow = AlertRowFragment;

export interface Alerts extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Newest first. */
  readonly alerts: ComputedRef<readonly AlertRow[]>;
  readonly openCount: ComputedRef<number>;
  /** The alert that is being acknowledged, or null. */
  readonly acknowledging: Readonly<Ref<string | null>>;
  readonly refusal: DeepReadonly<Ref<Failure | null>>;
  acknowledge(id: string): Promise<void>;
}

export function useAlerts(): Alerts {
  const query = useLiveQuery(AlertsDocument, {});
  const raised = useLiveSubscription(AlertRaisedDocument, {}, query.refetch);
  const mutation = useMutation(AcknowledgeAlertDocument);
  const acknowledging = ref<string | null>(null);
  const refusal = ref<Failure | null>(null);
  const alerts = computed(() => query.data.value?.alerts ?? []);
  raised.onData(query.refetch);

  async function acknowledge(id: string): Promise<void> {
    acknowledging.value = id;
    refusal.value = null;
    try {
      const outcome = (await mutation.mutate({ id }))?.data?.acknowledgeAlert;
      if (outcome?.__typename === 'UnknownAlert')
        refusal.value = { kind: 'fault', message: outcome.message, reference: null };
    } catch (error) {
      refusal.value = failureOf(error as RequestErrorLike);
    }
    acknowledging.value = null;
  }

  return {
    alerts,
    openCount: computed(() => alerts.value.filter(({ acknowledgedAt }) => acknowledgedAt == null).length),
    acknowledging: readonly(acknowledging),
    refusal: readonly(refusal),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    acknowledge,
  };
}
