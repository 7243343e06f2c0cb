/** Counterfactual ranks: the server computes the list without an item of the user's history. */

import { useApolloClient } from '@vue/apollo-composable';
import { shallowRef } from 'vue';

import { CounterfactualDocument } from '../generated/user/graphql.js';

/** `pending` during the request; `unknown` if there is no answer. */
export type WhatIfAnswer =
  | { readonly state: 'known'; readonly rankBefore: number; readonly rankAfter: number }
  | { readonly state: 'pending' | 'unknown' };

export interface WhatIf {
  /** Null if it was not requested. */
  answerOf(itemId: string, withoutItemId: string): WhatIfAnswer | null;
  ask(itemId: string, withoutItemId: string): Promise<void>;
  /** Clears the answers; they hold for a single list. */
  forget(): void;
}

export function useWhatIf(): WhatIf {
  const { client } = useApolloClient();
  const answers = shallowRef<ReadonlyMap<string, WhatIfAnswer>>(new Map());
  const keyOf = (itemId: string, withoutItemId: string) => JSON.stringify([itemId, withoutItemId]);
  const put = (key: string, answer: WhatIfAnswer) =>
    (answers.value = new Map(answers.value).set(key, answer));
  return {
    answerOf: (itemId, withoutItemId) => answers.value.get(keyOf(itemId, withoutItemId)) ?? null,
    async ask(itemId, withoutItemId) {
      const key = keyOf(itemId, withoutItemId);
      put(key, { state: 'pending' });
      const answer = await client
        .query({
          query: CounterfactualDocument,
          variables: { itemId, withoutItemId },
          fetchPolicy: 'no-cache',
        })
        .catch(() => null);
      // Cleared in the meantime.
      if (!answers.value.has(key)) return;
      const known = answer?.data.counterfactual;
      put(key, known == null ? { state: 'unknown' } : { state: 'known', ...known });
    },
    forget: () => (answers.value = new Map()),
  };
}
