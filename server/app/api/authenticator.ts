/** From a token to an identity, with the one rule that depends on the data: demo tokens end when real data arrive. */

import type { Viewer } from '../../domain/index.js';
import { UnauthenticatedError } from '../../domain/index.js';
import type { UserService } from '../../services/index.js';

import type { Identity, Tokens } from './tokens.js';

/** For how long the answer to "are the data still synthetic" is trusted. */
const DEMO_CHECK_MS = 5_000;
/** From this age on it is asked again, while whoever comes meanwhile goes by the last answer. */
const DEMO_RENEWAL_MS = 2_500;

export const ANONYMOUS: Viewer = { role: 'anonymous', userId: null };

export interface Authenticator {
  /** `null` is a caller without a token. Throws UnauthenticatedError for a token that does not hold. */
  identify(token: string | null): Promise<Identity>;
}

export function createAuthenticator(
  tokens: Tokens,
  users: Pick<UserService, 'dataset'>,
  now: () => number,
): Authenticator {
  let isDemoOpen = false;
  let checkedAt = -Infinity;

  let asking: Promise<void> | null = null;

  /** However many requests come at once, the database is asked once. */
  const ask = (): Promise<void> => {
    const askedAt = now();
    asking ??= users
      .dataset()
      .then(({ isSynthetic }) => {
        isDemoOpen = isSynthetic;
        checkedAt = askedAt;
      })
      .finally(() => (asking = null));
    return asking;
  };

  const checkDemo = async (): Promise<void> => {
    const age = now() - checkedAt;
    if (age >= DEMO_CHECK_MS) await ask();
    // Should it fail, the one who comes when the answer is too old will hear of it.
    else if (age >= DEMO_RENEWAL_MS) ask().catch(() => undefined);
    if (!isDemoOpen) throw new UnauthenticatedError('The demo has ended: this server holds real data.');
  };

  return {
    async identify(token) {
      if (token === null) return { viewer: ANONYMOUS, expiresAt: Infinity, isDemo: false };
      const identity = await tokens.verify(token);
      if (identity.isDemo) await checkDemo();
      return identity;
    },
  };
}

/** The token of an Authorization header; null without one. Throws UnauthenticatedError for another scheme. */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header === '') return null;
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
  if (token === undefined)
    throw new UnauthenticatedError('The Authorization header must be "Bearer" and a token.');
  return token;
}
