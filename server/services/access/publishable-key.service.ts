/**
 * Publishable keys: credentials that pages of a site may contain in plain text. A key alone stands for nobody. A page sends
 * it with the id of its visitor's session, which the page makes at random and only that visitor's browser knows; the
 * pseudonym of the session is the guest. Keys are kept in memory, so that a check is a map lookup.
 */

import { createHash, randomBytes } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { EventPublisher, Logger, PublishableKey } from '../../domain/index.js';
import {
  InvalidInputError,
  MAX_KEY_ORIGINS,
  MAX_LABEL_CHARACTERS,
  PUBLISHABLE_KEY_PREFIX,
  isOrigin,
} from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { CreatedKey, Guest, PublishableKeyPort } from '../index.js';
import type { Announce } from '../users/index.js';
import { followNotices } from '../users/index.js';

const KEY_BYTES = 24;
const MAX_KEYS = 100;
/** Before the id of a session, in the raw id of a guest: it keeps guests apart from the ids of a site's own users. */
const GUEST_ID_PREFIX = 'smartpersona-guest:';
const USE_NOTED_EVERY_MS = 5 * 60_000;
/** The key, a dot and the id of a session: 128 random bits are 22 characters of base64url. */
const CREDENTIAL = /^(pk_[\w-]{32})\.([\w-]{22,128})$/;

interface PublishableKeyServiceOptions {
  readonly store: Pick<Store, 'publishableKeys' | 'notices'>;
  readonly pseudonymize: (rawId: string) => string;
  readonly bus: EventPublisher;
  readonly announce: Announce;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
}

export class PublishableKeyService implements PublishableKeyPort {
  private byHash: ReadonlyMap<string, PublishableKey> = new Map();
  private openIds: ReadonlySet<string> = new Set();
  private allOrigins: readonly string[] = [];
  /** When a use was last noted, by key id. */
  private readonly usedAt = new LRUCache<string, number>({ max: MAX_KEYS });
  private readonly watching = new AbortController();

  constructor(private readonly options: PublishableKeyServiceOptions) {}

  get origins(): readonly string[] {
    return this.allOrigins;
  }

  guest(credential: string, origin: string | null): Guest | null {
    const [, key, session] = CREDENTIAL.exec(credential) ?? [];
    const known = key === undefined ? undefined : this.byHash.get(sha256(key));
    if (known === undefined || origin === null || !known.origins.includes(origin)) return null;
    this.noteUse(known.keyId);
    return { keyId: known.keyId, userId: this.options.pseudonymize(GUEST_ID_PREFIX + session) };
  }

  isOpen(keyId: string): boolean {
    return this.openIds.has(keyId);
  }

  async keys(): Promise<PublishableKey[]> {
    await this.refresh();
    return [...this.byHash.values()];
  }

  async create(label: string, origins: readonly string[]): Promise<CreatedKey> {
    const { store, createId, clock } = this.options;
    const text = checkLabel(label);
    const pages = checkOrigins(origins);
    if (this.byHash.size >= MAX_KEYS)
      throw new InvalidInputError(`There are ${MAX_KEYS} publishable keys already; revoke one first.`);
    const key = PUBLISHABLE_KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
    const info: PublishableKey = {
      ...{ keyId: createId(), keyHash: sha256(key), label: text, origins: pages },
      ...{ createdAt: clock(), lastUsedAt: null },
    };
    await store.publishableKeys.append(info);
    await this.changed();
    return { key, info };
  }

  async revoke(keyId: string): Promise<boolean> {
    const wasThere = await this.options.store.publishableKeys.delete(keyId);
    await this.changed();
    return wasThere;
  }

  /** Reads changes by other processes, and closes sockets whose key was revoked. */
  async refresh(): Promise<void> {
    const stored = await this.options.store.publishableKeys.list();
    const wereOpen = this.openIds;
    this.byHash = new Map(stored.map((key) => [key.keyHash, key]));
    this.openIds = new Set(stored.map(({ keyId }) => keyId));
    this.allOrigins = [...new Set(stored.flatMap(({ origins }) => origins))];
    if ([...wereOpen].some((keyId) => !this.openIds.has(keyId)))
      this.options.bus.publish('access.changed', {});
  }

  /** Follows other processes until `stop`. */
  follow(): void {
    const { store, log } = this.options;
    followNotices({
      ...{ store, kind: 'keys', log },
      refresh: () => this.refresh(),
      signal: this.watching.signal,
    });
  }

  stop(): void {
    this.watching.abort();
  }

  private async changed(): Promise<void> {
    await this.refresh();
    await this.options.announce('keys');
  }

  private noteUse(keyId: string): void {
    const { store, clock, log } = this.options;
    const at = clock();
    if (at - (this.usedAt.get(keyId) ?? -Infinity) < USE_NOTED_EVERY_MS) return;
    this.usedAt.set(keyId, at);
    store.publishableKeys.noteUse(keyId, at).catch((error: unknown) => {
      log.debug({ err: error }, 'the use of a publishable key could not be noted');
    });
  }
}

/** The trimmed label. Throws InvalidInputError. */
function checkLabel(label: string): string {
  const text = label.trim();
  if (text.length > 0 && text.length <= MAX_LABEL_CHARACTERS) return text;
  throw new InvalidInputError(`"label" must have 1 to ${MAX_LABEL_CHARACTERS} characters.`, 'label');
}

/** The origins without repetition. Throws InvalidInputError. */
function checkOrigins(origins: readonly string[]): string[] {
  const distinct = [...new Set(origins.map((origin) => origin.trim()))];
  if (distinct.length === 0 || distinct.length > MAX_KEY_ORIGINS)
    throw new InvalidInputError(`A key needs 1 to ${MAX_KEY_ORIGINS} origins.`, 'origins');
  const wrong = distinct.find((origin) => !isOrigin(origin));
  if (wrong !== undefined)
    throw new InvalidInputError(
      `"${wrong.slice(0, 100)}" is not an origin: write it like https://shop.example, without a path or a slash at the end.`,
      'origins',
    );
  return distinct;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
