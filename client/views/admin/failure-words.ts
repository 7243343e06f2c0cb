/** The message of a failure: from the server, or a general text. */

import { useI18n } from 'vue-i18n';

import type { Failure } from '../../composables/index.js';

export function useFailureWords(): (failure: Failure | null) => string | null {
  const { t } = useI18n();
  return (failure) => (failure === null ? null : (failure.message ?? t(`state.${failure.kind}`)));
}
