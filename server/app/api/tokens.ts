/**
 * JSON Web Tokens: HS256 only, one issuer, one audience, always with an expiry. A token says a role and, for users,
 * whom it stands for: a pseudonym, or a raw id, which becomes one here. Demo tokens are marked, so that they end with
 * the demo and not with their time.
 */

import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';

import type { Viewer } from '../../domain/index.js';
import { UnauthenticatedError, isPseudonym } from '../../domain/index.js';

const ALGORITHM = 'HS256';
const ISSUER = 'smartpersona';
const AUDIENCE = 'smartpersona-api';
const MIN_KEY_BYTES = 32;
const MAX_TOKEN_LENGTH = 4_096;
const MAX_CACHED_TOKENS = 20_000;

export interface TokenRequest {
  readonly role: 'user' | 'admin';
  /** A pseudonym; required for users. */
  readonly userId: string | null;
  readonly ttlSeconds: number;
  /** True for demo sign-ins; default false. */
  readonly isDemo?: boolean;
}

export interface Identity {
  readonly viewer: Viewer;
  /** Milliseconds since the epoch; infinite for anonymous callers. */
  readonly expiresAt: number;
  readonly isDemo: boolean;
}

export interface Tokens {
  sign(request: TokenRequest): Promise<{ token: string; expiresAt: number }>;
  /** Throws UnauthenticatedError, which says no more than whether the token has expired. */
  verify(token: string): Promise<Identity>;
}

export interface TokensOptions {
  /** Signs and checks: at least 32 bytes. */
  readonly key: Uint8Array;
  readonly pseudonymize: (rawId: string) => string;
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly now?: () => number;
}

/** Throws when the key is too short. */
export function createTokens({ key, pseudonymize, now = Date.now }: TokensOptions): Tokens {
  if (key.byteLength < MIN_KEY_BYTES)
    throw new Error(`The key that signs tokens must have ${MIN_KEY_BYTES} bytes or more.`);
  // A signature is checked once per token, not once per request.
  const verified = new LRUCache<string, Identity>({ max: MAX_CACHED_TOKENS });

  return {
    async sign({ role, userId, ttlSeconds, isDemo = false }) {
      if (role === 'user' && userId === null) throw new Error('A user token must stand for a user.');
      const issuedAt = Math.floor(now() / 1_000);
      const expiresAt = issuedAt + ttlSeconds;
      const jwt = new SignJWT({ role, ...(isDemo ? { demo: true } : {}) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt);
      if (userId !== null) jwt.setSubject(userId);
      return { token: await jwt.sign(key), expiresAt: expiresAt * 1_000 };
    },

    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAt > now()) return known;
      if (token.length > MAX_TOKEN_LENGTH) throw new UnauthenticatedError('The token is not valid.');
      const identity = await check(token, { key, pseudonymize, now: now() });
      verified.set(token, identity);
      return identity;
    },
  };
}

async function check(
  token: string,
  { key, pseudonymize, now }: Pick<TokensOptions, 'key' | 'pseudonymize'> & { now: number },
): Promise<Identity> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['exp', 'role'],
      currentDate: new Date(now),
    });
    const { role, sub } = payload;
    if (role !== 'user' && role !== 'admin') throw new UnauthenticatedError('The token is not valid.');
    if (role === 'user' && !sub) throw new UnauthenticatedError('The token is not valid.');
    const userId = !sub ? null : isPseudonym(sub) ? sub : pseudonymize(sub);
    return {
      viewer: { role, userId },
      expiresAt: (payload.exp as number) * 1_000,
      isDemo: payload['demo'] === true,
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new UnauthenticatedError('The token has expired.');
    throw new UnauthenticatedError('The token is not valid.');
  }
}
