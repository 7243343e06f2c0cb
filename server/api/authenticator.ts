/**
 * Resolves a token, a publishable key or the session of a cookie to an identity. Beyond the credential itself it checks,
 * in memory, that the demo of a demo token is still open and that the token or key is not revoked.
 */

import type { AuditActor, Viewer } from '../domain/index.js';
import { PUBLISHABLE_KEY_PREFIX, UnauthenticatedError } from '../domain/index.js';
import type {
  AccountPort,
  DemoPort,
  Guest,
  OpenSession,
  PublishableKeyPort,
  TokenPort,
} from '../services/index.js';

import type { Identity, Tokens } from './tokens.js';

const ANONYMOUS: Viewer = { role: 'anonymous', userId: null };

/** A caller without valid credentials. */
export const NOBODY: Identity = {
  viewer: ANONYMOUS,
  tokenId: null,
  issuedAt: 0,
  expiresAt: Infinity,
  isDemo: false,
  session: null,
  keyId: null,
};

/** What a request presents; a token takes precedence over a session. */
export interface Credentials {
  /** A signed token, or a publishable key with the id of a session. */
  readonly token: string | null;
  /** The origin of the page that sends the request; null or omitted for other programs. */
  readonly origin?: string | null;
  /** The id in the cookie of a signed-in account. */
  readonly sessionId?: string | null;
}

export interface Authenticator {
  /**
   * An anonymous identity without credentials and for a session that has ended, so that its page can still show the
   * sign-in. Throws UnauthenticatedError for an invalid or revoked token.
   */
  identify(credentials: Credentials): Promise<Identity>;
  /** Why a previously valid identity is now refused; null if it is still valid. */
  refusalOf(identity: Identity): string | null;
}

interface AuthenticatorOptions {
  readonly tokens: Tokens;
  readonly demo: DemoPort;
  readonly register: Pick<TokenPort, 'isRevoked' | 'noteUse'>;
  readonly accounts: Pick<AccountPort, 'session' | 'isOpen'>;
  readonly publishableKeys: Pick<PublishableKeyPort, 'guest' | 'isOpen'>;
}

export function createAuthenticator({
  tokens,
  demo,
  register,
  accounts,
  publishableKeys,
}: AuthenticatorOptions): Authenticator {
  const refusalOf = (identity: Identity): string | null => {
    if (identity.session !== null) return accounts.isOpen(identity.session) ? null : 'The session has ended.';
    if (identity.keyId !== null)
      return publishableKeys.isOpen(identity.keyId) ? null : 'The publishable key has been revoked.';
    if (identity.isDemo && !demo.isOpen) return 'The demo has ended: this server holds real data.';
    return register.isRevoked(identity) ? 'The token has been revoked.' : null;
  };
  return {
    async identify({ token, origin = null, sessionId = null }) {
      if (token === null) return identityOf(sessionId === null ? null : await accounts.session(sessionId));
      if (token.startsWith(PUBLISHABLE_KEY_PREFIX)) return guestOf(publishableKeys.guest(token, origin));
      const identity = await tokens.verify(token);
      const refusal = refusalOf(identity);
      if (refusal !== null) throw new UnauthenticatedError(refusal);
      register.noteUse(identity);
      if (identity.isDemo && identity.viewer.userId !== null) demo.admit(identity.viewer.userId);
      return identity;
    },
    refusalOf,
  };
}

function identityOf(session: OpenSession | null): Identity {
  if (session === null) return NOBODY;
  return { ...NOBODY, viewer: { role: session.role, userId: null }, expiresAt: session.expiresAt, session };
}

/** Throws UnauthenticatedError without a guest. */
function guestOf(guest: Guest | null): Identity {
  if (guest === null)
    throw new UnauthenticatedError(
      'The publishable key is not valid here: send it with a dot and a session id of 22 to 128 letters, digits, "-" or "_", from a page of one of its origins.',
    );
  const { keyId, userId } = guest;
  return { ...NOBODY, viewer: { role: 'guest', userId }, keyId };
}

/** Who acts, for the audit log. */
export function actorOf({ viewer, session, tokenId }: Identity): AuditActor {
  if (session !== null) return { kind: 'account', name: session.name };
  if (viewer.role === 'anonymous') return { kind: 'unknown', name: null };
  const isUser = viewer.role === 'user' || viewer.role === 'guest';
  return isUser ? { kind: 'user', name: null } : { kind: 'token', name: tokenId };
}

/** The token of an Authorization header; null without a header. Throws UnauthenticatedError unless it is a bearer token. */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header === '') return null;
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
  if (token === undefined)
    throw new UnauthenticatedError('The Authorization header must be "Bearer" and a token.');
  return token;
}
