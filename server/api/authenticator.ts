/**
 * Resolves a token to an identity. Beyond the token itself it checks, in memory, that the demo of a demo token is still
 * open and that the token is not revoked.
 */

import type { Viewer } from '../domain/index.js';
import { UnauthenticatedError } from '../domain/index.js';
import type { DemoPort, TokenPort } from '../services/index.js';

import type { Identity, Tokens } from './tokens.js';

export const ANONYMOUS: Viewer = { role: 'anonymous', userId: null };

const NOBODY: Identity = {
  viewer: ANONYMOUS,
  tokenId: null,
  issuedAt: 0,
  expiresAt: Infinity,
  isDemo: false,
};

export interface Authenticator {
  /** `null` is a caller without a token. Throws UnauthenticatedError for an invalid or revoked token. */
  identify(token: string | null): Promise<Identity>;
  /** Why a previously valid identity is now refused; null if it is still valid. */
  refusalOf(identity: Identity): string | null;
}

interface AuthenticatorOptions {
  readonly tokens: Tokens;
  readonly demo: DemoPort;
  readonly register: Pick<TokenPort, 'isRevoked'>;
}

export function createAuthenticator({ tokens, demo, register }: AuthenticatorOptions): Authenticator {
  const refusalOf = (identity: Identity): string | null => {
    if (identity.isDemo && !demo.isOpen) return 'The demo has ended: this server holds real data.';
    return register.isRevoked(identity) ? 'The token has been revoked.' : null;
  };
  return {
    async identify(token) {
      if (token === null) return NOBODY;
      const identity = await tokens.verify(token);
      const refusal = refusalOf(identity);
      if (refusal !== null) throw new UnauthenticatedError(refusal);
      if (identity.isDemo && identity.viewer.userId !== null) demo.admit(identity.viewer.userId);
      return identity;
    },
    refusalOf,
  };
}

/** The token of an Authorization header; null without a header. Throws UnauthenticatedError unless it is a bearer token. */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header === '') return null;
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
  if (token === undefined)
    throw new UnauthenticatedError('The Authorization header must be "Bearer" and a token.');
  return token;
}
