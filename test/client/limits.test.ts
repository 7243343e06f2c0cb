/** Limits that inputs of the client repeat are those of the server. */

import { expect, it } from 'vitest';

import { MIN_PASSWORD_CHARACTERS } from '../../client/composables/account-requests.js';
import { MAX_LABEL_CHARACTERS } from '../../client/composables/admin/limits.js';
import * as domain from '../../server/domain/index.js';

it('a label is as long in the table of personas as the server allows', () => {
  expect(MAX_LABEL_CHARACTERS).toBe(domain.MAX_LABEL_CHARACTERS);
});

it('a password is as long in the forms as the server demands', () => {
  expect(MIN_PASSWORD_CHARACTERS).toBe(domain.MIN_PASSWORD_CHARACTERS);
});
