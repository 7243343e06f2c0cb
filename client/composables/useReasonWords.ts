/** The strongest reason for an entry of a list, in words. */

import { toValue, type MaybeRefOrGetter } from 'vue';
import { useI18n } from 'vue-i18n';

import { isolate } from './isolate.js';
import { strongestReason, type ExplanationLike } from './reasons.js';
import { usePersonaWords } from './usePersonaWords.js';

/**
 * `opinionOf`: the thumb on an item of the user's history; `persona`: the persona that the list was made for. `words`:
 * messages that address the user (default), or that describe the user to an administrator.
 */
export function useReasonWords(
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | 'NONE',
  persona: MaybeRefOrGetter<{ readonly label: string } | null>,
  words: 'reason' | 'admin.whyListed' = 'reason',
): (explanation: ExplanationLike) => string {
  const { t } = useI18n();
  const wordsOf = usePersonaWords();
  return (explanation) => {
    const reason = strongestReason(explanation, (itemId) => {
      const opinion = opinionOf(itemId);
      return opinion === 'NONE' ? null : opinion;
    });
    if (reason.kind === 'item') {
      const key = { UP: 'liked', DOWN: 'disliked', none: 'interest' }[reason.opinion ?? 'none'];
      return t(`${words}.${key}${reason.hasMore ? 'More' : ''}`, { title: isolate(reason.title) });
    }
    if (reason.kind === 'sequence') return t(`${words}.sequence`, { title: isolate(reason.title) });
    const known = toValue(persona);
    if (reason.kind === 'persona' && known !== null)
      return t(`${words}.persona`, { persona: isolate(wordsOf(known).label) });
    return t(`${words}.${reason.kind === 'persona' ? 'history' : reason.kind}`);
  };
}
