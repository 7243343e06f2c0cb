/** The theme: light, dark or as the system. The choice is stored. */

import { readonly, ref, type Ref } from 'vue';
import { useTheme } from 'vuetify';

const CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof CHOICES)[number];

const STORAGE_KEY = 'smartpersona.theme';

export function useThemeChoice(): { choice: Readonly<Ref<ThemeChoice>>; next(): void } {
  const theme = useTheme();
  const stored = localStorage.getItem(STORAGE_KEY);
  const choice = ref<ThemeChoice>(CHOICES.find((one) => one === stored) ?? 'system');
  void theme.change(choice.value);
  return {
    choice: readonly(choice),
    next() {
      choice.value = CHOICES[(CHOICES.indexOf(choice.value) + 1) % CHOICES.length] ?? 'system';
      localStorage.setItem(STORAGE_KEY, choice.value);
      void theme.change(choice.value);
    },
  };
}
