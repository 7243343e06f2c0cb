/** Vuetify with our light and dark colours. Icons are inlined as SVG paths, so that no icon font is fetched. */

import 'vuetify/styles/core';

import { mdiAlertCircle, mdiCheckCircle, mdiClose, mdiInformation, mdiLoading } from '@mdi/js';
import { createVuetify, type IconAliases, type ThemeDefinition } from 'vuetify';
import { mdi } from 'vuetify/iconsets/mdi-svg';
import { createVueI18nAdapter } from 'vuetify/locale/adapters/vue-i18n';
import { useI18n } from 'vue-i18n';

import type { AppI18n } from './i18n.js';

/** `part-*` are the colours of the parts of a score; each has a contrast of 3:1 against the surface. */
const LIGHT: ThemeDefinition = {
  dark: false,
  colors: {
    background: '#f5f5fa',
    surface: '#ffffff',
    'surface-variant': '#e9e8f2',
    'on-surface-variant': '#1c1b2e',
    'on-background': '#1c1b2e',
    'on-surface': '#1c1b2e',
    primary: '#4f46c9',
    secondary: '#00706b',
    error: '#b3261e',
    success: '#1b7a3d',
    warning: '#8a5300',
    info: '#1d5fa8',
    'part-items': '#00807a',
    'part-sequence': '#1f6fc4',
    'part-persona': '#6a4fd8',
    'part-popularity': '#b86e00',
    'part-otherItems': '#6b7688',
  },
  variables: { 'medium-emphasis-opacity': 0.74, 'border-opacity': 0.14 },
};

const DARK: ThemeDefinition = {
  dark: true,
  colors: {
    background: '#11111b',
    surface: '#1b1b29',
    'surface-variant': '#2a2a3d',
    'on-surface-variant': '#ebeaf6',
    'on-background': '#ebeaf6',
    'on-surface': '#ebeaf6',
    primary: '#aaa3ff',
    'on-primary': '#17134d',
    secondary: '#5fd4cb',
    error: '#ffb4ab',
    'on-error': '#4c0c08',
    success: '#7ad99a',
    warning: '#ffc470',
    info: '#96c7ff',
    'part-items': '#45c9bf',
    'part-sequence': '#74b3ff',
    'part-persona': '#a794ff',
    'part-popularity': '#f3ad4b',
    'part-otherItems': '#9aa5b8',
  },
  variables: { 'medium-emphasis-opacity': 0.78, 'border-opacity': 0.18 },
};

/** Icons that components use by name; all other icons are passed as paths. */
const ALIASES: Partial<IconAliases> = {
  clear: mdiClose,
  close: mdiClose,
  error: mdiAlertCircle,
  info: mdiInformation,
  loading: mdiLoading,
  success: mdiCheckCircle,
  warning: mdiAlertCircle,
};

export function createComponents(i18n: AppI18n) {
  return createVuetify({
    theme: { defaultTheme: 'system', themes: { light: LIGHT, dark: DARK }, variations: false },
    icons: { defaultSet: 'mdi', aliases: ALIASES, sets: { mdi } },
    locale: { adapter: createVueI18nAdapter({ i18n: i18n as never, useI18n }) },
    defaults: {
      VBtn: { variant: 'flat', rounded: 'lg', class: 'text-none' },
    },
  });
}
