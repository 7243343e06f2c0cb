/** The personas of the active model in full, and renaming. Admins only. */

import { useMutation } from '@vue/apollo-composable';
import { computed, readonly, ref, type ComputedRef, type DeepReadonly, type Ref } from 'vue';

import { PersonaDetailsDocument, RenamePersonaDocument } from '../../generated/graphql.js';
import type { PersonaDetailsQuery } from '../../generated/graphql.js';
import { failureOf, useLiveQuery, type Failure, type LiveQuery, type RequestErrorLike } from '../index.js';

export type PersonaDetails = PersonaDetailsQuery['personas'][number];
export type ModelEvidence = NonNullable<PersonaDetailsQuery['model']>;

export interface Personas extends Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'> {
  /** Largest share first. */
  readonly personas: ComputedRef<readonly PersonaDetails[]>;
  /** Evidence for the number of personas; null before the first training. */
  readonly model: ComputedRef<ModelEvidence | null>;
  readonly isRenaming: Readonly<Ref<boolean>>;
  readonly refusal: DeepReadonly<Ref<Failure | null>>;
  /** Resolves to true if the persona was renamed. */
  rename(personaId: string, label: string): Promise<boolean>;
}

export function usePersonas(): Personas {
  const query = useLiveQuery(PersonaDetailsDocument, {});
  const mutation = useMutation(RenamePersonaDocument);
  const refusal = ref<Failure | null>(null);

  async function rename(id: string, label: string): Promise<boolean> {
    refusal.value = null;
    try {
      const answer = await mutation.mutate({ id, label });
      const outcome = answer?.data?.renamePersona;
      if (outcome?.__typename === 'PersonaRenamed') return true;
      refusal.value = { kind: 'fault', message: outcome?.message ?? null, reference: null };
    } catch (error) {
      refusal.value = failureOf(error as RequestErrorLike);
    }
    return false;
  }

  return {
    personas: computed(() =>
      [...(query.data.value?.personas ?? [])].sort((a, b) => (b.share ?? 0) - (a.share ?? 0)),
    ),
    model: computed(() => query.data.value?.model ?? null),
    isLoading: query.isLoading,
    failure: query.failure,
    refetch: query.refetch,
    isRenaming: mutation.loading,
    refusal: readonly(refusal),
    rename,
  };
}
