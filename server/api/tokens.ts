/**
 * JSON Web Tokens: HS256, a fixed issuer and audience, and a required expiry within the maximum of the settings. A token
 * contains a role and, for users, an id. `sub` is a raw id, which is pseudonymized here exactly as in imported files.
 * Tokens signed by this product contain the pseudonym itself, marked by the claim `pseudonym: true`: without the marker,
 * a site whose users choose their ids could let a user choose the pseudonym of a different user. Demo tokens are marked,
 * so that they become invalid when the demo ends.
 */

import { randomUUID } from 'node:crypto';

import type { JWTPayload } from 'jose';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';

import type { TokenRole, Viewer } from '../domain/index.js';
import {
  InvalidInputError,
  isPseudonym,
  isStaff,
  MAX_ID_CHARACTERS,
  UnauthenticatedError,
} from '../domain/index.js';
import type { OpenSession } from '../services/index.js';

const ALGORITHM = 'HS256';
const ISSUER = 'smartpersona';
const AUDIENCE = 'smartpersona-api';
const MIN_KEY_BYTES = 32;
const MAX_TOKEN_LENGTH = 4_096;
const MAX_CACHED_TOKENS = 20_000;
const DAY_SECONDS = 86_400;
const DEFAULT_MAX_DAYS = 365;
/** Tolerated clock skew of a site's backend. */
const CLOCK_SKEW_SECONDS = 60;

export interface TokenRequest {
  readonly role: TokenRole;
  /** A pseudonym; required for users. */
  readonly userId: string | null;
  readonly ttlSeconds: number;
  /** True for demo sign-ins; default false. */
  readonly isDemo?: boolean;
}

/** A signed token and its metadata. Times are milliseconds since the epoch. */
interface SignedToken {
  readonly token: string;
  /** Its `jti`. */
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Identity {
  readonly viewer: Viewer;
  /** The `jti`; null if the token has none. */
  readonly tokenId: string | null;
  /** The `iat` in milliseconds since the epoch; 0 if the token has none. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch; infinite for anonymous callers. */
  readonly expiresAt: number;
  readonly isDemo: boolean;
  /** The session of a cookie; null for other callers. */
  readonly session: OpenSession | null;
  /** The publishable key of a guest; null for other callers. */
  readonly keyId: string | null;
}

export interface Tokens {
  /** Throws InvalidInputError for a lifetime above the maximum. */
  sign(request: TokenRequest): Promise<SignedToken>;
  /** Throws UnauthenticatedError; its message only distinguishes expired, too long-lived and invalid tokens. */
  verify(token: string): Promise<Identity>;
}

interface TokensOptions {
  /** Key for signing and verifying: at least 32 bytes. */
  readonly key: Uint8Array;
  readonly pseudonymize: (rawId: string) => string;
  /** Maximum lifetime of a token, from its `iat` or else from now. Default 365. */
  readonly maxDays?: number;
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly now?: () => number;
}

/** Throws if the key is too short. */
export function createTokens({
  key,
  pseudonymize,
  maxDays = DEFAULT_MAX_DAYS,
  now = Date.now,
}: TokensOptions): Tokens {
  if (key.byteLength < MIN_KEY_BYTES)
    throw new Error(`The key that signs tokens must have ${MIN_KEY_BYTES} bytes or more.`);
  // Signatures are verified once per token, not once per request.
  const verified = new LRUCache<string, Identity>({ max: MAX_CACHED_TOKENS });

  return {
    async sign({ role, userId, ttlSeconds, isDemo = false }) {
      if (role === 'user' && userId === null) throw new Error('A user token needs a user id.');
      if (ttlSeconds > maxDays * DAY_SECONDS)
        throw new InvalidInputError(`A token may be valid for at most ${maxDays} days.`, 'days');
      const tokenId = randomUUID();
      const issuedAt = Math.floor(now() / 1_000);
      const expiresAt = issuedAt + ttlSeconds;
      const jwt = new SignJWT({
        role,
        ...(userId !== null && { pseudonym: true }),
        ...(isDemo && { demo: true }),
      })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setJti(tokenId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt);
      if (userId !== null) jwt.setSubject(userId);
      return {
        token: await jwt.sign(key),
        tokenId,
        issuedAt: issuedAt * 1_000,
        expiresAt: expiresAt * 1_000,
      };
    },

    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAt > now()) return known;
      if (token.length > MAX_TOKEN_LENGTH) throw new UnauthenticatedError('The token is not valid.');
      const identity = await check(token, { key, pseudonymize, maxDays, now: now() });
      verified.set(token, identity);
      return identity;
    },
  };
}

interface CheckOptions extends Required<Pick<TokensOptions, 'key' | 'pseudonymize' | 'maxDays'>> {
  readonly now: number;
}

async function check(token: string, options: CheckOptions): Promise<Identity> {
  const { key, maxDays, now } = options;
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['exp', 'role'],
      currentDate: new Date(now),
    }));
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new UnauthenticatedError('The token has expired.');
    throw new UnauthenticatedError('The token is not valid.');
  }
  const { iat, jti } = payload;
  const exp = payload.exp as number;
  // A token issued in the future would extend its lifetime, and would escape a revocation.
  const nowSeconds = now / 1_000;
  if (iat !== undefined && iat > nowSeconds + CLOCK_SKEW_SECONDS) throw invalid();
  if (exp - Math.min(iat ?? nowSeconds, nowSeconds) > maxDays * DAY_SECONDS + 1)
    throw new UnauthenticatedError(
      `The token's lifetime is too long: a token may be valid for at most ${maxDays} days.`,
    );
  if (jti !== undefined && !isId(jti)) throw invalid();
  return {
    viewer: viewerOf(payload, options),
    tokenId: jti ?? null,
    issuedAt: (iat ?? 0) * 1_000,
    expiresAt: exp * 1_000,
    isDemo: payload['demo'] === true,
    session: null,
    keyId: null,
  };
}

function viewerOf(payload: JWTPayload, { pseudonymize }: Pick<CheckOptions, 'pseudonymize'>): Viewer {
  const { role, sub, pseudonym } = payload;
  if (role !== 'user' && role !== 'viewer' && role !== 'admin') throw invalid();
  if (pseudonym !== undefined && typeof pseudonym !== 'boolean') throw invalid();
  if (sub === undefined && isStaff(role)) return { role, userId: null };
  if (typeof sub !== 'string') throw invalid();
  if (pseudonym === true) {
    if (!isPseudonym(sub)) throw invalid();
    return { role, userId: sub };
  }
  // As in imported files.
  const rawId = sub.trim();
  if (!isId(rawId)) throw invalid();
  return { role, userId: pseudonymize(rawId) };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARACTERS;
}

function invalid(): UnauthenticatedError {
  return new UnauthenticatedError('The token is not valid.');
}
