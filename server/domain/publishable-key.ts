/** Keys for pages of a site, which every visitor of the site can read. */

/** Begins every publishable key. */
export const PUBLISHABLE_KEY_PREFIX = 'pk_';

/** Rows of `recordEvents` with a publishable key. */
export const MAX_GUEST_EVENTS = 20;

export const MAX_KEY_ORIGINS = 20;

/** Whether a text is an origin, such as "https://shop.example". */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

export interface PublishableKey {
  readonly keyId: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly keyHash: string;
  /** What it is for, as its creator wrote. */
  readonly label: string;
  /** Pages of these origins may use it, such as "https://shop.example". */
  readonly origins: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it was last used, within a few minutes; null if never. */
  readonly lastUsedAt: number | null;
}
