/** State of training, drift and alerts, refreshed every 15 seconds. Admins only. */

import { onScopeDispose, type ComputedRef } from 'vue';

import { SystemStatusDocument, type SystemStatusQuery } from '../../generated/graphql.js';
import { useLiveQuery, type LiveQuery } from '../index.js';

const REFRESH_MS = 15_000;

export interface SystemState extends Pick<LiveQuery<unknown>, 'failure' | 'refetch'> {
  /** Undefined until the first answer. */
  readonly state: ComputedRef<SystemStatusQuery | undefined>;
}

export function useSystemStatus(): SystemState {
  const { data, failure, refetch } = useLiveQuery(SystemStatusDocument, {}, { fetchPolicy: 'no-cache' });
  const timer = setInterval(refetch, REFRESH_MS);
  onScopeDispose(() => clearInterval(timer));
  return { state: data, failure, refetch };
}
