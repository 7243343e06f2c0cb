/**
 * Bounds the long work of a kind or of a user per turn of the event loop, so that other work runs in between, however
 * many requests a single user sends at once.
 */

/** A turn of the event loop, and the share of it that is taken: 0..1. */
interface Turn {
  readonly begun: Promise<void>;
  taken: number;
}

/** Allows for rounding in sums of shares. */
const TOLERANCE = 1e-9;

export class Turns {
  /** The last turn in which work was scheduled, by key. */
  private readonly last = new Map<string, Turn>();

  /**
   * Resolves when it is the caller's turn: in this turn of the event loop while the shares of a key add up to at most
   * 1, otherwise in a later turn, in order of calls. `share` is 0..1, default 1.
   */
  take(key: string, share = 1): Promise<void> {
    let turn = this.last.get(key);
    if (turn === undefined || turn.taken + share > 1 + TOLERANCE) {
      turn = { begun: turn === undefined ? Promise.resolve() : turn.begun.then(nextTurn), taken: 0 };
      this.last.set(key, turn);
      void this.dropAfter(key, turn);
    }
    turn.taken += share;
    return turn.begun;
  }

  private async dropAfter(key: string, turn: Turn): Promise<void> {
    await turn.begun;
    await nextTurn();
    if (this.last.get(key) === turn) this.last.delete(key);
  }
}

/** Yields to the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
