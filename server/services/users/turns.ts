/**
 * Long work of one kind or one user, a bounded amount per turn of the event loop: what others wait for comes in between,
 * however much one user asks for at once.
 */

/** A turn of the event loop, and how much of it is taken: 0..1. */
interface Turn {
  readonly begun: Promise<void>;
  taken: number;
}

/** Sums of shares are not exact. */
const TOLERANCE = 1e-9;

export class Turns {
  /** The last turn that anything was promised in, by key. */
  private readonly last = new Map<string, Turn>();

  /**
   * Resolves when it is the caller's turn: in this turn of the event loop while the shares of a key add up to 1 at most,
   * in a later one otherwise, first come first served. `share` is 0..1, default 1.
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

/** Lets everything else that waits have a go. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
