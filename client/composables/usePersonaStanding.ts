/** A user's persona and its confidence in words, or the progress towards a first persona. */

import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { useI18n } from 'vue-i18n';

import { confidenceLevel } from './persona-figures.js';
import { usePersonaWords, type PersonaLike, type PersonaWords } from './usePersonaWords.js';

export interface PersonaStanding {
  /** Null before the first assignment. */
  readonly persona: PersonaLike | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** Signals so far, and how many a persona needs; null if unknown. */
  readonly evidence: { readonly have: number; readonly need: number } | null;
  /** True when the user chose it. */
  readonly isChosen?: boolean;
  /** Text shown for a chosen persona if the reader is not the user. */
  readonly chosenText?: string;
}

export interface StandingWords {
  /** Null without a persona. */
  readonly words: ComputedRef<PersonaWords | null>;
  /** The confidence, or that the user chose it. */
  readonly sure: ComputedRef<string>;
  /** Signals so far of those a persona needs; null if unknown. */
  readonly progress: ComputedRef<string | null>;
}

export function usePersonaStanding(standing: MaybeRefOrGetter<PersonaStanding>): StandingWords {
  const { t, n } = useI18n();
  const wordsOf = usePersonaWords();
  return {
    words: computed(() => {
      const { persona } = toValue(standing);
      return persona === null ? null : wordsOf(persona);
    }),
    sure: computed(() => {
      const { confidence, isChosen = false, chosenText } = toValue(standing);
      if (isChosen) return chosenText ?? t('user.correct.chosen');
      return t('persona.sure', { level: t(`persona.level.${confidenceLevel(confidence)}`) });
    }),
    progress: computed(() => {
      const { evidence } = toValue(standing);
      if (evidence === null) return null;
      return t('persona.signals', { have: n(evidence.have), need: n(evidence.need) });
    }),
  };
}
