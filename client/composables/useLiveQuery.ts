/** A query that recovers by itself: it is repeated after a reconnect and after `busy` failures. */

import type { OperationVariables, WatchQueryFetchPolicy } from '@apollo/client/core';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useQuery } from '@vue/apollo-composable';
import { computed, toValue, type ComputedRef, type MaybeRefOrGetter, type Ref } from 'vue';

import { useConnection } from './connection.js';
import { failureOf, type Failure } from './failure.js';
import { repeatWhileBusy } from './repeat-while-busy.js';

export interface LiveQuery<TData> {
  /** The last answer; kept while the next request is in flight or has failed, also after the variables change. */
  readonly data: ComputedRef<TData | undefined>;
  /** True before the first answer, unless the request failed. */
  readonly isLoading: ComputedRef<boolean>;
  readonly failure: ComputedRef<Failure | null>;
  refetch(): void;
  onResult(callback: (data: TData) => void): void;
}

export interface LiveQueryOptions {
  /** `cache-and-network` by default. */
  readonly fetchPolicy?: WatchQueryFetchPolicy;
  /** Queries only while this is true; always by default. */
  readonly isEnabled?: Readonly<Ref<boolean>>;
}

export function useLiveQuery<TData, TVariables extends OperationVariables>(
  document: TypedDocumentNode<TData, TVariables>,
  variables: MaybeRefOrGetter<TVariables>,
  { fetchPolicy = 'cache-and-network', isEnabled }: LiveQueryOptions = {},
): LiveQuery<TData> {
  const query = useQuery<TData, TVariables>(
    document,
    () => toValue(variables),
    () => ({
      fetchPolicy,
      keepPreviousResult: true,
      enabled: isEnabled?.value ?? true,
    }),
  );
  const failure = computed(() => (query.error.value === null ? null : failureOf(query.error.value)));

  const refetch = () => {
    // A failed repeat shows in `failure`, like the first.
    if (isEnabled?.value ?? true) void query.refetch()?.catch(() => undefined);
  };
  useConnection().onRestored(refetch);
  repeatWhileBusy(failure, query.loading, refetch);

  return {
    data: computed(() => query.result.value ?? undefined),
    isLoading: computed(() => query.result.value == null && failure.value === null),
    failure,
    refetch,
    onResult(callback) {
      query.onResult(({ data, partial }) => {
        if (data && !partial) callback(data);
      });
    },
  };
}
