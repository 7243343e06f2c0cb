/** The viewer: the role and user of the token or account. */

import type { ComputedRef } from 'vue';
import { computed } from 'vue';

import { ViewerDocument, type ViewerQuery } from '../generated/user/graphql.js';

import { useSession } from './session.js';
import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';

export type Viewer = ViewerQuery['me'];
export type PersonaAssignment = NonNullable<NonNullable<Viewer['user']>['persona']>;

export interface ViewerState extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Undefined until the first answer, and while signed out. */
  readonly viewer: ComputedRef<Viewer | undefined>;
}

export function useViewer(): ViewerState {
  const { isSignedIn } = useSession();
  const query = useLiveQuery(ViewerDocument, {}, { isEnabled: isSignedIn });
  return {
    viewer: computed(() => (isSignedIn.value ? query.data.value?.me : undefined)),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
  };
}
