/** The thumbs of private mode, in the storage of this browser and nowhere else; each user has a separate history. */

export interface DeviceThumb {
  readonly itemId: string;
  readonly value: 'UP' | 'DOWN';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

type Entries = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const PREFIX = 'smartpersona.private.';

/** Newest first; empty if nothing readable is stored. */
export function readThumbs(userId: string | null, storage: Entries = localStorage): DeviceThumb[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(keyOf(userId)) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isThumb) : [];
  } catch {
    return [];
  }
}

/** False if the browser stores nothing. */
export function storeThumbs(
  userId: string | null,
  thumbs: readonly DeviceThumb[],
  storage: Entries = localStorage,
): boolean {
  try {
    if (thumbs.length === 0) storage.removeItem(keyOf(userId));
    else storage.setItem(keyOf(userId), JSON.stringify(thumbs));
    return true;
  } catch {
    return false;
  }
}

function keyOf(userId: string | null): string {
  return PREFIX + (userId ?? '');
}

function isThumb(row: unknown): row is DeviceThumb {
  const { itemId, value, at } = (row ?? {}) as Partial<Record<keyof DeviceThumb, unknown>>;
  return typeof itemId === 'string' && (value === 'UP' || value === 'DOWN') && Number.isFinite(at);
}
