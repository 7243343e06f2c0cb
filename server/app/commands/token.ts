/** `npm run token -- --role admin|user [--user RAWID] [--days N]`: prints a JWT. */

import { createPseudonymizer } from '../../privacy/index.js';
import { createTokens } from '../api/index.js';
import type { ValuesOf } from '../options.js';
import { oneOf, optional, wholeNumber } from '../options.js';
import { readEnvironment, readSettings } from '../settings.js';

import { runCommand } from './command.js';

const options = {
  role: oneOf(['admin', 'user'], 'Who the token is for.'),
  user: optional('RAWID', "The user's id in your own system; with --role user."),
  days: wholeNumber('How long the token is valid.', { least: 1, most: 3_650, byDefault: 30 }),
};
const command = {
  name: 'token',
  summary: 'Prints a token (JWT) for the API and the sign-in page, signed with the key of this installation.',
  options,
  examples: ['npm run --silent token -- --role admin', 'npm run --silent token -- --role user --user 4711'],
  check({ role, user }: ValuesOf<typeof options>) {
    if (role === 'user' && user === undefined) return '--user is missing';
    return role !== 'user' && user !== undefined ? '--user is only for --role user' : null;
  },
};

runCommand(command, async ({ role, user, days }) => {
  const settings = readSettings(readEnvironment(), { makesKeys: false });
  const { pseudonymize } = createPseudonymizer(settings.pepper);
  const userId = user === undefined ? null : pseudonymize(user);
  const ttlSeconds = days * 86_400;
  const { token } = await createTokens({ key: settings.secret, pseudonymize }).sign({
    role,
    userId,
    ttlSeconds,
  });
  process.stdout.write(`${token}\n`);
});
