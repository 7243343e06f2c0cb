/**
 * Signed tokens and revocations. Revocations are kept in memory, so that a check is a map lookup; other instances are
 * notified and read them again.
 */

import { LRUCache } from 'lru-cache';

import type { EventPublisher, Logger } from '../../domain/index.js';
import { InvalidInputError, DAY_MS, isStaff } from '../../domain/index.js';
import type { Revocation, RevocationSubject, Store, TokenRecord } from '../../store/index.js';

import type { Announce } from '../users/index.js';
import { followNotices } from '../users/index.js';
import type { RevocableToken, SignedTokenInfo, TokenPort } from '../index.js';

const USE_NOTED_EVERY_MS = 5 * 60_000;
const MAX_NOTED_TOKENS = 1_000;

interface TokenServiceOptions {
  readonly store: Pick<Store, 'tokens' | 'revocations' | 'notices'>;
  /** The longest lifetime of any token: revocations are kept as long. */
  readonly maxDays: number;
  readonly bus: EventPublisher;
  readonly announce: Announce;
  readonly clock: () => number;
  readonly log: Logger;
}

export class TokenService implements TokenPort {
  /** Time of revocation, by kind and id of the subject. */
  private revokedAt: ReadonlyMap<string, number> = new Map();
  /** When a use was last noted, by token id. */
  private readonly usedAt = new LRUCache<string, number>({ max: MAX_NOTED_TOKENS });
  private readonly watching = new AbortController();

  constructor(private readonly options: TokenServiceOptions) {}

  isRevoked({ tokenId, issuedAt, viewer: { role, userId } }: RevocableToken): boolean {
    if (this.revokedAt.size === 0) return false;
    if (tokenId !== null && this.revokedAt.has(keyOf('token', tokenId))) return true;
    const isBefore = (at: number | undefined) => at !== undefined && issuedAt < at;
    return (
      isBefore(this.revokedAt.get(keyOf('role', role))) ||
      (userId !== null && isBefore(this.revokedAt.get(keyOf('user', userId))))
    );
  }

  noteUse({ tokenId, viewer: { role } }: RevocableToken): void {
    if (tokenId === null || !isStaff(role)) return;
    const at = this.options.clock();
    if (at - (this.usedAt.get(tokenId) ?? -Infinity) < USE_NOTED_EVERY_MS) return;
    this.usedAt.set(tokenId, at);
    this.options.store.tokens.noteUse(tokenId, at).catch((error: unknown) => {
      this.options.log.debug({ err: error }, 'the use of a token could not be noted');
    });
  }

  record(token: TokenRecord): Promise<void> {
    return this.options.store.tokens.append(token);
  }

  async tokens(first: number): Promise<SignedTokenInfo[]> {
    await this.refresh();
    return (await this.options.store.tokens.list(first)).map((token) => ({
      ...token,
      revokedAt: this.revocationOf(token),
    }));
  }

  async revoke(subject: RevocationSubject): Promise<Revocation> {
    const { store, maxDays, bus, announce, clock } = this.options;
    if (subject.id === '') throw new InvalidInputError('"id" must not be empty.', 'id');
    const at = clock();
    const revocation: Revocation = { ...subject, at, expiresAt: at + maxDays * DAY_MS };
    await store.revocations.put(revocation);
    this.revokedAt = new Map(this.revokedAt).set(keyOf(subject.kind, subject.id), at);
    bus.publish('access.changed', {});
    await announce('tokens');
    return revocation;
  }

  /** Reads revocations by other processes. */
  async refresh(): Promise<void> {
    const stored = await this.options.store.revocations.list();
    const next = new Map(stored.map(({ kind, id, at }) => [keyOf(kind, id), at]));
    const hasMore = [...next].some(([key, at]) => this.revokedAt.get(key) !== at);
    this.revokedAt = next;
    if (hasMore) this.options.bus.publish('access.changed', {});
  }

  /** Follows other processes until `stop`. */
  follow(): void {
    const { store, log } = this.options;
    followNotices({
      store,
      kind: 'tokens',
      refresh: () => this.refresh(),
      signal: this.watching.signal,
      log,
    });
  }

  stop(): void {
    this.watching.abort();
  }

  /** Time at which a token was revoked, by its id, user or role; null while it is valid. */
  private revocationOf({ tokenId, role, userId, createdAt }: TokenRecord): number | null {
    const own = this.revokedAt.get(keyOf('token', tokenId));
    if (own !== undefined) return own;
    const cuts = [keyOf('role', role), ...(userId === null ? [] : [keyOf('user', userId)])].flatMap(
      (key) => this.revokedAt.get(key) ?? [],
    );
    return cuts.find((at) => createdAt < at) ?? null;
  }
}

function keyOf(kind: RevocationSubject['kind'], id: string): string {
  return `${kind}:${id}`;
}
