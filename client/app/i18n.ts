/**
 * Languages. English is part of the bundle; other languages are loaded when the user chooses them. Messages of the
 * admin pages are loaded with the first admin page.
 */

import { createI18n, type I18n } from 'vue-i18n';

import type { admin as englishAdmin } from '../locales/admin/en.js';
import { messages as english, type Messages } from '../locales/en.js';

import { compileMessage } from './message-format.js';

export const LANGUAGES = {
  en: { name: 'English', isRtl: false },
  de: { name: 'Deutsch', isRtl: false },
  ar: { name: 'العربية', isRtl: true },
} as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Readonly<Record<Exclude<Language, 'en'>, () => Promise<{ messages: Messages }>>> = {
  de: () => import('../locales/de.js'),
  ar: () => import('../locales/ar.js'),
};
const ADMIN_LOADERS: Readonly<Record<Language, () => Promise<{ admin: typeof englishAdmin }>>> = {
  en: () => import('../locales/admin/en.js'),
  de: () => import('../locales/admin/de.js'),
  ar: () => import('../locales/admin/ar.js'),
};
const STORAGE_KEY = 'smartpersona.language';
const ARABIC_FORMS: readonly Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other'];

export type AppI18n = I18n<
  Record<string, never>,
  Record<string, never>,
  Record<string, never>,
  string,
  false
>;
/** The part of the return value of `useI18n` that is needed here. */
export interface Translator {
  readonly availableLocales: readonly string[];
  readonly locale: { value: string };
  te(key: string, locale: string): boolean;
  setLocaleMessage(locale: string, messages: object): void;
  mergeLocaleMessage(locale: string, messages: object): void;
}

/** Creates the translator in the stored or the browser's language; resolves when the messages are loaded. */
export async function createTranslator(): Promise<AppI18n> {
  const arabic = new Intl.PluralRules('ar');
  const i18n = createI18n({
    legacy: false,
    locale: 'en',
    fallbackLocale: 'en',
    messages: { en: english },
    messageCompiler: (message) => compileMessage(message as string),
    numberFormats: numberFormats(),
    datetimeFormats: datetimeFormats(),
    pluralRules: { ar: (n) => ARABIC_FORMS.indexOf(arabic.select(n)) },
  }) as unknown as AppI18n;
  await setLanguage(i18n.global as unknown as Translator, preferredLanguage());
  return i18n;
}

/** Loads a language and applies it to the whole page; keeps the current language if loading fails. */
async function setLanguage(translator: Translator, language: Language): Promise<void> {
  try {
    if (language !== 'en' && !translator.availableLocales.includes(language)) {
      const { messages } = await LOADERS[language]();
      translator.setLocaleMessage(language, messages);
    }
    if (hasAdmin(translator, translator.locale.value)) await addAdmin(translator, language);
  } catch {
    return;
  }
  translator.locale.value = language;
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].isRtl ? 'rtl' : 'ltr';
}

/** Like `setLanguage`, and stores the choice for the next visit. */
export async function chooseLanguage(translator: Translator, language: Language): Promise<void> {
  await setLanguage(translator, language);
  localStorage.setItem(STORAGE_KEY, language);
}

/** Loads the admin messages of the current language and of every language chosen later. */
export async function loadAdminMessages(translator: Translator): Promise<void> {
  // The user may change the language while its messages load.
  while (!hasAdmin(translator, translator.locale.value))
    await addAdmin(translator, translator.locale.value as Language);
}

async function addAdmin(translator: Translator, language: Language): Promise<void> {
  if (hasAdmin(translator, language)) return;
  const { admin } = await ADMIN_LOADERS[language]();
  translator.mergeLocaleMessage(language, admin);
}

function hasAdmin({ te }: Translator, language: string): boolean {
  return te('admin.title', language);
}

function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(STORAGE_KEY) ?? '', ...navigator.languages];
  return wanted.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en';
}

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(LANGUAGES, tag);
}

function numberFormats() {
  const formats = {
    percent: { style: 'percent', maximumFractionDigits: 0 },
    change: { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' },
    percent1: { style: 'percent', maximumFractionDigits: 1 },
    whole: { maximumFractionDigits: 0 },
    rate: { maximumFractionDigits: 1 },
    plain: { maximumFractionDigits: 1 },
    short: { maximumFractionDigits: 3 },
    three: { minimumFractionDigits: 3, maximumFractionDigits: 3 },
    score: { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'negative' },
    part: { minimumFractionDigits: 3, maximumFractionDigits: 3, signDisplay: 'exceptZero' },
  } as const;
  return { en: formats, de: formats, ar: formats };
}

function datetimeFormats() {
  const formats = {
    day: { dateStyle: 'medium' },
    instant: { dateStyle: 'medium', timeStyle: 'short' },
    second: { dateStyle: 'short', timeStyle: 'medium' },
    soon: { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  } as const;
  return { en: formats, de: formats, ar: formats };
}
