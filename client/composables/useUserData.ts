/** Exports and erases a user's data. */

import { useMutation } from '@vue/apollo-composable';
import { computed, ref, type ComputedRef, type Ref } from 'vue';

import { EraseUserDocument, ExportUserDocument } from '../generated/user/graphql.js';

export interface UserData {
  readonly isBusy: ComputedRef<boolean>;
  /** Outcome of the last request; null before the first. */
  readonly outcome: Readonly<Ref<'exported' | 'nothing' | 'failed' | null>>;
  exportAll(): Promise<void>;
  erase(): Promise<void>;
}

export interface UserDataOptions {
  /** Receives the whole document as JSON. */
  readonly onExported: (document: string) => void;
  readonly onErased: () => void;
}

/** `userId`: null for the viewer; other users need an administrator. */
export function useUserData(userId: string | null, { onExported, onErased }: UserDataOptions): UserData {
  const exporting = useMutation(ExportUserDocument, { fetchPolicy: 'no-cache' });
  const erasing = useMutation(EraseUserDocument, { fetchPolicy: 'no-cache' });
  const outcome = ref<'exported' | 'nothing' | 'failed' | null>(null);
  return {
    isBusy: computed(() => exporting.loading.value || erasing.loading.value),
    outcome,
    async exportAll() {
      const answer = await exporting.mutate({ userId }).catch(() => null);
      const found = answer?.data?.exportUser;
      if (found?.__typename === 'UserExport') {
        onExported(found.document);
        outcome.value = 'exported';
      } else outcome.value = found === undefined ? 'failed' : 'nothing';
    },
    async erase() {
      const answer = await erasing.mutate({ userId }).catch(() => null);
      if (answer?.data) onErased();
      else outcome.value = 'failed';
    },
  };
}
