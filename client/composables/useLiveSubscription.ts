/** A subscription that is reopened after it ends or fails, with a callback to catch up. */

import type { OperationVariables } from '@apollo/client/core';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useSubscription } from '@vue/apollo-composable';
import { onScopeDispose, toValue, type MaybeRefOrGetter, type Ref } from 'vue';

import { backoffMs } from '../sdk/backoff.js';

export interface LiveSubscription<TData> {
  onData(callback: (data: TData) => void): void;
}

/**
 * `catchUp` runs after each reopening, since pushes may have been missed. Lost sockets are handled by the connection.
 * Subscribes only while `isEnabled`, always by default.
 */
export function useLiveSubscription<TData, TVariables extends OperationVariables>(
  document: TypedDocumentNode<TData, TVariables>,
  variables: MaybeRefOrGetter<TVariables>,
  catchUp: () => void,
  isEnabled?: Readonly<Ref<boolean>>,
): LiveSubscription<TData> {
  const subscription = useSubscription<TData, TVariables>(
    document,
    () => toValue(variables),
    () => ({ fetchPolicy: 'no-cache', enabled: isEnabled?.value ?? true }),
  );
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  subscription.onResult(() => (attempt = 0));
  subscription.onError(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      subscription.restart();
      catchUp();
    }, backoffMs(attempt++));
  });
  onScopeDispose(() => clearTimeout(timer));

  return {
    onData(callback) {
      subscription.onResult(({ data }) => {
        if (data) callback(data);
      });
    },
  };
}
