/** Sends a form about an account, with a message for each refusal. */

import { readonly, ref, type DeepReadonly, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';

import { AccountRefusal, MIN_PASSWORD_CHARACTERS } from './account-requests.js';

export interface AccountForm {
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Why the last attempt was refused, and the input to correct; null for none. */
  readonly refusal: DeepReadonly<Ref<{ message: string; field: string | null } | null>>;
  /** Resolves with the result, or with null if the attempt was refused. */
  send<T>(work: () => Promise<T>): Promise<T | null>;
}

export function useAccountForm(): AccountForm {
  const { t, n } = useI18n();
  const isBusy = ref(false);
  const refusal = ref<{ message: string; field: string | null } | null>(null);

  function messageOf({ code, field }: AccountRefusal): string {
    if (code === null) return t('state.network');
    if (code === 'INVALID_INPUT' && field === 'password')
      return t('account.passwordRule', { n: n(MIN_PASSWORD_CHARACTERS) });
    if (code === 'INVALID_INPUT' && field === 'name') return t('account.nameRule');
    if (code === 'WRONG_PASSWORD') return t('account.wrong');
    if (code === 'RATE_LIMITED') return t('account.tooMany');
    if (code === 'INVITATION_INVALID') return t('account.linkInvalid');
    return t('state.fault');
  }

  return {
    isBusy: readonly(isBusy),
    refusal: readonly(refusal),
    async send(work) {
      isBusy.value = true;
      refusal.value = null;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AccountRefusal)) throw error;
        refusal.value = { message: messageOf(error), field: error.field };
        return null;
      } finally {
        isBusy.value = false;
      }
    },
  };
}
