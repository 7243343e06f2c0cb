/** An item of the catalogue. `itemId` is public and stored unchanged. */
export interface Item {
  readonly itemId: string;
  readonly title: string;
  /** The empty string where the source has no category. */
  readonly category: string;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly locale: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly isAvailable: boolean;
}
