/** `npm run token -- --role admin|user [--user RAWID] [--days N]`: prints a JWT. */

import { InvalidInputError } from '../../domain/index.js';
import { createPseudonymizer } from '../../privacy/index.js';
import { createTokens } from '../api/index.js';
import { readSettings } from '../settings.js';

import { parseOptions, required, runCommand, wholeNumber } from './command.js';

const USAGE = 'npm run token -- --role admin|user [--user RAWID] [--days 30]';

runCommand(async () => {
  const options = parseOptions(USAGE, {
    role: { type: 'string' },
    user: { type: 'string' },
    days: { type: 'string', default: '30' },
  });
  const { role } = options;
  if (role !== 'admin' && role !== 'user')
    throw new InvalidInputError(`--role must be admin or user.\nUsage: ${USAGE}`);
  const settings = readSettings(process.env);
  const { pseudonymize } = createPseudonymizer(settings.pepper);
  const userId = role === 'user' ? pseudonymize(required(options.user, 'user', USAGE)) : null;
  const ttlSeconds = wholeNumber(options.days ?? '30', 'days', 1, 3_650) * 86_400;
  const { token } = await createTokens({ key: settings.secret, pseudonymize }).sign({
    role,
    userId,
    ttlSeconds,
  });
  process.stdout.write(`${token}\n`);
});
