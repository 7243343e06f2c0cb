/** An item of the catalogue. `itemId` is public and is kept as it came. */
export interface Item {
  readonly itemId: string;
  readonly title: string;
  /** The empty string where the source names none. */
  readonly category: string;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly locale: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly isAvailable: boolean;
}
