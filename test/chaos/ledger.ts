/** What one user sent and what was acknowledged: the truth that every answer is compared with afterwards. Pure. */

export type Opinion = 'UP' | 'DOWN' | 'NONE';

export interface SentThumb {
  readonly itemId: string;
  readonly value: Opinion;
  /** Time of the stored thumb, as ISO text; null while nothing was acknowledged. */
  acknowledgedAt: string | null;
}

export interface SentEvent {
  readonly type: string;
  readonly itemId: string;
  /** ISO text. */
  readonly at: string;
  readonly sessionId: string;
  isAcknowledged: boolean;
}

/** The part of an export that is compared. */
export interface UserRecord {
  readonly feedback: readonly { readonly itemId: string; readonly value: number }[];
  readonly activity: readonly {
    readonly id: string;
    readonly type: string;
    readonly itemId: string | null;
    readonly at: number;
  }[];
  readonly profile: { readonly eventCount: number } | null;
}

const NUMBER_OF = { UP: 1, DOWN: -1, NONE: 0 } as const;
const TRACE_OF = { UP: 'like', DOWN: 'dislike', NONE: 'retract' } as const;

export class Ledger {
  readonly thumbs: SentThumb[] = [];
  readonly events: SentEvent[] = [];

  /**
   * Opinions that may be stored: the last acknowledged one, or one that was sent after it without an answer. `before`: as
   * of the moment this thumb was sent.
   */
  possibleOpinions(itemId: string, before?: SentThumb): ReadonlySet<number> {
    const sent = before === undefined ? this.thumbs : this.thumbs.slice(0, this.thumbs.indexOf(before));
    const own = sent.filter((thumb) => thumb.itemId === itemId);
    const lastKnown = own.findLastIndex(({ acknowledgedAt }) => acknowledgedAt !== null);
    const possible = own.slice(Math.max(0, lastKnown)).map(({ value }) => NUMBER_OF[value]);
    return new Set<number>(lastKnown === -1 ? [0, ...possible] : possible);
  }

  /** Everything that is lost, doubled or wrong in the record, one sentence each. */
  breaches({ feedback, activity }: Pick<UserRecord, 'feedback' | 'activity'>): string[] {
    const found: string[] = [];
    const stored = new Map(feedback.map(({ itemId, value }) => [itemId, value]));
    for (const itemId of new Set(this.thumbs.map((thumb) => thumb.itemId))) {
      const value = stored.get(itemId) ?? 0;
      if (!this.possibleOpinions(itemId).has(value)) found.push(`feedback of ${itemId} is ${value}`);
    }
    const traces = new Set(activity.map(({ type, itemId, at }) => `${type} ${itemId} ${at}`));
    for (const thumb of this.thumbs) {
      const { itemId, value, acknowledgedAt } = thumb;
      if (acknowledgedAt === null) continue;
      // Taking back what may never have been stored leaves no trace.
      if (value === 'NONE' && this.possibleOpinions(itemId, thumb).has(0)) continue;
      const trace = `${TRACE_OF[value]} ${itemId} ${Date.parse(acknowledgedAt)}`;
      if (!traces.has(trace)) found.push(`the record lacks the acknowledged thumb ${trace}`);
    }
    const ids = new Set(activity.map(({ id }) => id));
    if (ids.size < activity.length) found.push(`${activity.length - ids.size} events are doubled`);
    const counts = new Map<string, number>();
    for (const { type, itemId, at } of activity) {
      const key = `${type} ${itemId} ${at}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const expected = new Map<string, { nSent: number; nKnown: number }>();
    for (const { type, itemId, at, isAcknowledged } of this.events) {
      const key = `${type.toLowerCase()} ${itemId} ${Date.parse(at)}`;
      const { nSent, nKnown } = expected.get(key) ?? { nSent: 0, nKnown: 0 };
      expected.set(key, { nSent: nSent + 1, nKnown: nKnown + (isAcknowledged ? 1 : 0) });
    }
    for (const [key, { nSent, nKnown }] of expected) {
      const count = counts.get(key) ?? 0;
      if (count < nKnown) found.push(`the record has ${count} of ${nKnown} acknowledged events ${key}`);
      if (count > nSent) found.push(`the record has ${count} of ${nSent} sent events ${key}`);
    }
    return found;
  }
}
