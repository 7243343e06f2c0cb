/** Personas in the reader's language, where they carry the names they were born with; renamed ones stay as they are. */

import { useI18n } from 'vue-i18n';

export const ARCHETYPES = ['seeker', 'browser', 'buyer', 'explorer'] as const;
export type Archetype = (typeof ARCHETYPES)[number];

export interface PersonaWords {
  readonly label: string;
  readonly description: string;
  /** Which of the four it is; null for any other. */
  readonly archetype: Archetype | null;
}

/** Works on the English words of the server. */
export function usePersonaWords(): (persona: { label: string; description?: string }) => PersonaWords {
  const { t } = useI18n();
  return ({ label, description = '' }) => {
    const english = (key: string) => t(key, {}, { locale: 'en' });
    const archetype = ARCHETYPES.find((one) => english(`persona.known.${one}.label`) === label) ?? null;
    if (archetype === null) return { label, description, archetype };
    const key = `persona.known.${archetype}`;
    return {
      archetype,
      label: t(`${key}.label`),
      description: description === english(`${key}.description`) ? t(`${key}.description`) : description,
    };
  };
}
