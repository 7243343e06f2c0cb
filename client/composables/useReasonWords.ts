/** The strongest reason for each entry of a list, in words. */

import { toValue, type MaybeRefOrGetter } from 'vue';
import { useI18n } from 'vue-i18n';

import { isolate } from './isolate.js';
import { findRepeats, reasonOfRow, type Reason, type RowLike } from './reasons.js';
import { usePersonaWords } from './usePersonaWords.js';

/**
 * `opinionOf`: the thumb on an item of the user's history; `persona`: the persona that the list was made for. `words`:
 * messages that address the user (default), or that describe the user to an administrator. The result takes the
 * rows of a whole list in order, and shortens the reasons that repeat.
 */
export function useReasonWords(
  opinionOf: (itemId: string) => 'UP' | 'DOWN' | 'NONE',
  persona: MaybeRefOrGetter<{ readonly label: string } | null>,
  words: 'reason' | 'admin.whyListed' = 'reason',
): (rows: readonly RowLike[]) => string[] {
  const { t } = useI18n();
  const wordsOf = usePersonaWords();
  const thumbOn = (itemId: string) => {
    const opinion = opinionOf(itemId);
    return opinion === 'NONE' ? null : opinion;
  };

  function inFull(reason: Reason): string {
    if (reason.kind === 'item') {
      const key = { UP: 'liked', DOWN: 'disliked', none: 'interest' }[reason.opinion ?? 'none'];
      return t(`${words}.${key}${reason.hasMore ? 'More' : ''}`, { title: isolate(reason.title) });
    }
    if (reason.kind === 'sequence') return t(`${words}.sequence`, { title: isolate(reason.title) });
    if (reason.kind === 'new') return t(`${words}.new`, { title: isolate(reason.title) });
    const known = toValue(persona);
    if (reason.kind === 'persona' && known !== null)
      return t(`${words}.persona`, { persona: isolate(wordsOf(known).label) });
    return t(`${words}.${reason.kind === 'persona' ? 'history' : reason.kind}`);
  }

  function inShort(reason: Reason): string {
    if (reason.kind === 'item') {
      const key = reason.opinion === 'DOWN' ? 'unlike' : 'item';
      return t(`reason.again.${key}`, { title: isolate(reason.title) });
    }
    if (reason.kind === 'sequence') return t('reason.again.sequence', { title: isolate(reason.title) });
    if (reason.kind === 'new') return t('reason.again.new', { title: isolate(reason.title) });
    const known = toValue(persona);
    if (reason.kind === 'persona' && known !== null)
      return t('reason.again.persona', { persona: isolate(wordsOf(known).label) });
    return t(`reason.again.${reason.kind === 'persona' ? 'history' : reason.kind}`);
  }

  return (rows) => {
    const reasons = rows.map((row) => reasonOfRow(row, thumbOn));
    const repeats = findRepeats(reasons);
    return reasons.map((reason, row) => (repeats[row] ? inShort(reason) : inFull(reason)));
  };
}
