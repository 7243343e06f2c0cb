/** Sign-in: as a demo user while the data are synthetic, or with a token. Accounts: see useAccountForm.ts. */

import { useApolloClient, useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import {
  DemoSignInDocument,
  EntranceDocument,
  ViewerDocument,
  type EntranceQuery,
  type Role,
} from '../generated/user/graphql.js';

import { failureOf, type Failure, type RequestErrorLike } from './failure.js';
import { useSession } from './session.js';
import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';

export type DemoUser = EntranceQuery['demoUsers'][number];

export interface Refusal extends Failure {
  readonly way: 'demo' | 'token';
}

export interface Entrance extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Whether demo users can sign in; null until known. */
  readonly hasDemo: ComputedRef<boolean | null>;
  readonly demoUsers: ComputedRef<readonly DemoUser[]>;
  /** The id of the demo user that is being signed in, "token" for a pasted token, or null. */
  readonly isBusyWith: DeepReadonly<Ref<string | null>>;
  /** Why the last attempt was refused, and how it was made. */
  readonly refusal: DeepReadonly<Ref<Refusal | null>>;
  /** Both resolve to the role of the session, or to null if it was refused. */
  signInAsDemoUser(userId: string): Promise<Role | null>;
  signInWithToken(token: string): Promise<Role | null>;
}

export function useEntrance(): Entrance {
  const session = useSession();
  const { client } = useApolloClient();
  const query = useLiveQuery(EntranceDocument, {}, { fetchPolicy: 'network-only' });
  const demo = useMutation(DemoSignInDocument);
  const isBusyWith = ref<string | null>(null);
  const refusal = ref<Refusal | null>(null);

  async function attempt<T>(name: string, action: () => Promise<T | null>): Promise<T | null> {
    isBusyWith.value = name;
    refusal.value = null;
    try {
      return await action();
    } catch (error) {
      refusal.value = { ...failureOf(error as RequestErrorLike), way: name === 'token' ? 'token' : 'demo' };
      return null;
    } finally {
      isBusyWith.value = null;
    }
  }

  return {
    hasDemo: computed(() => query.data.value?.dataset.hasDemo ?? null),
    demoUsers: computed(() => query.data.value?.demoUsers ?? []),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    isBusyWith: readonly(isBusyWith),
    refusal: readonly(refusal),
    signInAsDemoUser: (userId) =>
      attempt(userId, async () => {
        const answer = await demo.mutate({ userId });
        const outcome = answer?.data?.demoSignIn;
        if (outcome?.__typename === 'DemoSession') {
          session.signIn(outcome.token);
          return 'USER';
        }
        refusal.value = { kind: 'refused', message: outcome?.message ?? null, reference: null, way: 'demo' };
        return null;
      }),
    signInWithToken: (token) =>
      attempt('token', async () => {
        session.signIn(token.trim());
        try {
          const { data } = await client.query({ query: ViewerDocument, fetchPolicy: 'network-only' });
          return data.me.role;
        } catch (error) {
          session.signOut('expired');
          throw error;
        }
      }),
  };
}
