/** Translates generated persona names into the user's language; renamed personas are left as they are. */

import { useI18n } from 'vue-i18n';

import { messages as english } from '../locales/en.js';

export const ARCHETYPES = ['seeker', 'browser', 'buyer', 'explorer'] as const;
export type Archetype = (typeof ARCHETYPES)[number];

export interface PersonaLike {
  readonly label: string;
  readonly description?: string;
  readonly distinctive?: readonly { readonly feature: string; readonly zScore: number }[];
}

export interface PersonaWords {
  readonly label: string;
  readonly description: string;
  /** The archetype of the persona; null if it has none. */
  readonly archetype: Archetype | null;
}

/** Message keys by the English words of the server. */
const KEY_OF = new Map<string, string>([
  ...ARCHETYPES.flatMap((one) => {
    const key = `persona.known.${one}`;
    const { label, description } = english.persona.known[one];
    return [[label, `${key}.label`] as const, [description, `${key}.description`] as const];
  }),
  ...Object.entries(english.personaName).flatMap(([feature, { more, less }]) => [
    [more, `personaName.${feature}.more`] as const,
    [less, `personaName.${feature}.less`] as const,
  ]),
  ...(['allRounders', 'everyone', 'everyoneText', 'average'] as const).map(
    (key) => [english.persona[key], `persona.${key}`] as const,
  ),
]);
/** Z-score from which a feature is worth a word, as on the server. */
const LEAST_Z = 0.3;
const DESCRIBED = 3;
/** The unit behind the name of a feature. */
const UNIT = /\s*\([^)]*\)$/;

/** Works on the English words of the server. */
export function usePersonaWords(): (persona: PersonaLike) => PersonaWords {
  const { t, te, locale } = useI18n();
  const translated = (text: string) => {
    const key = KEY_OF.get(text);
    return key === undefined ? null : t(key);
  };
  const nameOf = (feature: string) =>
    te(`feature.${feature}`) ? t(`feature.${feature}`).replace(UNIT, '') : feature;

  function described({ distinctive = [] }: PersonaLike): string | null {
    const telling = distinctive.filter(({ zScore }) => Math.abs(zScore) >= LEAST_Z).slice(0, DESCRIBED);
    const list = new Intl.ListFormat(locale.value, { type: 'conjunction' });
    const sentences = (['more', 'less'] as const).flatMap((direction) => {
      const names = telling
        .filter(({ zScore }) => zScore > 0 === (direction === 'more'))
        .map(({ feature }) => nameOf(feature));
      return names.length === 0 ? [] : [t(`persona.${direction}`, { list: list.format(names) })];
    });
    return sentences.length === 0 ? null : sentences.join(' ');
  }

  return (persona) => {
    const { label, description = '' } = persona;
    return {
      archetype: ARCHETYPES.find((one) => english.persona.known[one].label === label) ?? null,
      label: translated(label) ?? label,
      description: translated(description) ?? described(persona) ?? description,
    };
  };
}
