/** The viewer's behaviour compared with the personas, and the viewer's correction. */

import { useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type Ref } from 'vue';

import { CorrectPersonaDocument, MyPersonaDocument, type MyPersonaQuery } from '../generated/user/graphql.js';

import { useLiveQuery, type LiveQuery } from './useLiveQuery.js';

export type PersonaProfile = MyPersonaQuery['personas'][number];
export type ComparedFeature = NonNullable<MyPersonaQuery['me']['user']>['personaFeatures'][number];

export interface MyPersona extends Pick<LiveQuery<unknown>, 'isLoading' | 'refetch'> {
  readonly personas: ComputedRef<readonly PersonaProfile[]>;
  /** Distinctive features of the viewer's persona, beside the viewer and the overall mean; empty without a persona. */
  readonly features: ComputedRef<readonly ComparedFeature[]>;
  readonly isCorrecting: Ref<boolean>;
  readonly hasFailed: Readonly<Ref<boolean>>;
  /** Resolves to true on success. Null removes the correction. */
  correct(personaId: string | null): Promise<boolean>;
}

export function useMyPersona(): MyPersona {
  const query = useLiveQuery(MyPersonaDocument, {});
  const mutation = useMutation(CorrectPersonaDocument, { fetchPolicy: 'no-cache' });
  const hasFailed = ref(false);
  return {
    personas: computed(() => query.data.value?.personas ?? []),
    features: computed(() => query.data.value?.me.user?.personaFeatures ?? []),
    isLoading: query.isLoading,
    isCorrecting: mutation.loading,
    hasFailed: readonly(hasFailed),
    async correct(personaId) {
      const answer = await mutation.mutate({ personaId }).catch(() => null);
      hasFailed.value = answer?.data?.correctPersona.__typename !== 'PersonaCorrected';
      return !hasFailed.value;
    },
    refetch: query.refetch,
  };
}
