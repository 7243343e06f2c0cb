/** Languages: English is there from the start, the others are loaded when somebody chooses them. */

import { createI18n, type I18n } from 'vue-i18n';

import { messages as english, type Messages } from '../locales/en.js';

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
const STORAGE_KEY = 'smartpersona.language';
const ARABIC_FORMS: readonly Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other'];

export type AppI18n = I18n<
  Record<string, never>,
  Record<string, never>,
  Record<string, never>,
  string,
  false
>;
/** What `useI18n` gives, as far as languages are concerned. */
export type Translator = Pick<AppI18n['global'], 'availableLocales' | 'locale' | 'setLocaleMessage'>;

/** Makes the translator in the stored or the browser's language; resolves when that one is loaded. */
export async function createTranslator(): Promise<AppI18n> {
  const arabic = new Intl.PluralRules('ar');
  const i18n = createI18n({
    legacy: false,
    locale: 'en',
    fallbackLocale: 'en',
    messages: { en: english },
    numberFormats: numberFormats(),
    datetimeFormats: datetimeFormats(),
    pluralRules: { ar: (n) => ARABIC_FORMS.indexOf(arabic.select(n)) },
  }) as unknown as AppI18n;
  await setLanguage(i18n.global, preferredLanguage());
  return i18n;
}

/** Loads a language and puts it in force for the whole page; stays with the old one when it cannot be loaded. */
async function setLanguage(translator: Translator, language: Language): Promise<void> {
  if (language !== 'en' && !translator.availableLocales.includes(language as never)) {
    try {
      const { messages } = await LOADERS[language]();
      translator.setLocaleMessage(language, messages as never);
    } catch {
      return;
    }
  }
  translator.locale.value = language as never;
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].isRtl ? 'rtl' : 'ltr';
}

/** Like `setLanguage`, and remembers the choice for the next visit. */
export async function chooseLanguage(translator: Translator, language: Language): Promise<void> {
  await setLanguage(translator, language);
  localStorage.setItem(STORAGE_KEY, language);
}

function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(STORAGE_KEY) ?? '', ...navigator.languages];
  return wanted.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en';
}

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && tag in LANGUAGES;
}

function numberFormats() {
  const formats = {
    percent: { style: 'percent', maximumFractionDigits: 0 },
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
  } as const;
  return { en: formats, de: formats, ar: formats };
}
