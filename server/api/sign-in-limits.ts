/** Limits failed sign-ins and guessed links, per address, per name, and per name from one address. */

import { RateLimiterMemory } from 'rate-limiter-flexible';

const QUARTER_HOUR_SECONDS = 900;
/** Hashing a password takes 64 MiB and a tenth of a second or more, one at a time. */
const MAX_IN_FLIGHT = 8;

export interface SignInLimits {
  /**
   * Runs an attempt; only those that `isFailure` says count. Resolves with null, without running it, if there were too
   * many. `name`: null if the attempt names no account.
   */
  attempt<T>(
    caller: { readonly address: string; readonly name: string | null },
    work: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
  ): Promise<T | null>;
}

export function createSignInLimits(): SignInLimits {
  const limiter = (points: number) => new RateLimiterMemory({ points, duration: QUARTER_HOUR_SECONDS });
  const [addresses, names, pairs] = [limiter(30), limiter(100), limiter(10)];
  let nInFlight = 0;

  return {
    async attempt({ address, name }, work, isFailure) {
      const counters = [
        { limiter: addresses, key: address },
        ...(name === null
          ? []
          : [
              { limiter: names, key: name },
              { limiter: pairs, key: `${address} ${name}` },
            ]),
      ];
      if (nInFlight >= MAX_IN_FLIGHT) return null;
      nInFlight += 1;
      try {
        // Counted before the attempt, so that concurrent attempts cannot pass the limit.
        for (const { limiter: one, key } of counters) if (!(await takes(one, key))) return null;
        const giveBack = () => Promise.all(counters.map(({ limiter: one, key }) => one.reward(key, 1)));
        try {
          const result = await work();
          await giveBack();
          return result;
        } catch (error) {
          if (!isFailure(error)) await giveBack();
          throw error;
        }
      } finally {
        nInFlight -= 1;
      }
    },
  };
}

async function takes(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return false;
  }
}
