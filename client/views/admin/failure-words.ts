/** A failure in one sentence: the server's own, or ours. */

import { useI18n } from 'vue-i18n';

import type { Failure } from '../../composables/index.js';

export function useFailureWords(): (failure: Failure | null) => string | null {
  const { t } = useI18n();
  return (failure) => (failure === null ? null : (failure.message ?? t(`state.${failure.kind}`)));
}
