import { createI18n } from 'vue-i18n';
import { describe, expect, it } from 'vitest';

import { compileMessage } from '../../client/app/message-format.js';

const { t } = createI18n({
  legacy: false,
  locale: 'en',
  messages: {
    en: {
      plain: 'P@5 | left',
      greeting: 'Hello {name}, {name}! Place {place}.',
      users: 'no user | one user | {n} users',
    },
  },
  messageCompiler: (message) => compileMessage(message as string),
}).global;

describe('A message', () => {
  it('fills in named values; missing values are left out', () => {
    expect(t('greeting', { name: 'Ada', place: 3 })).toBe('Hello Ada, Ada! Place 3.');
    expect(t('greeting', { name: '{place}' })).toBe('Hello {place}, {place}! Place .');
  });

  it('uses the plural form for the number', () => {
    expect([0, 1, 1_200].map((n) => t('users', { n: `${n}` }, n))).toEqual([
      'no user',
      'one user',
      '1200 users',
    ]);
  });

  it('treats other characters literally', () => {
    expect(t('plain', 1)).toBe('P@5');
  });
});
