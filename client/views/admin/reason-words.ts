/** The strongest reason for an entry of somebody's list, in the words which that person reads. */

import { toValue, type MaybeRefOrGetter } from 'vue';
import { useI18n } from 'vue-i18n';

import { isolate, strongestReason, usePersonaWords, type ExplanationLike } from '../../composables/index.js';

export function useReasonWords(
  thumbs: MaybeRefOrGetter<readonly { readonly itemId: string; readonly value: 'UP' | 'DOWN' | 'NONE' }[]>,
  persona: MaybeRefOrGetter<{ readonly label: string } | null>,
): (explanation: ExplanationLike) => string {
  const { t } = useI18n();
  const wordsOf = usePersonaWords();
  const opinionOf = (itemId: string) => {
    const value = toValue(thumbs).find((thumb) => thumb.itemId === itemId)?.value ?? 'NONE';
    return value === 'NONE' ? null : value;
  };
  return (explanation) => {
    const reason = strongestReason(explanation, opinionOf);
    if (reason.kind === 'item') {
      const key = { UP: 'liked', DOWN: 'disliked', none: 'interest' }[reason.opinion ?? 'none'];
      return t(`reason.${key}${reason.hasMore ? 'More' : ''}`, { title: isolate(reason.title) });
    }
    const known = toValue(persona);
    if (reason.kind === 'persona' && known !== null)
      return t('reason.persona', { persona: isolate(wordsOf(known).label) });
    return t(`reason.${reason.kind === 'persona' ? 'history' : reason.kind}`);
  };
}
