/** Stage 1: a user's rows often come together or in turns; the keyed hash is worked out once, not once a row. */

const MAX_ENTRIES = 200_000;

/** The same function, remembering its results; starts afresh when it is full, so memory stays bounded. */
export function cachedPseudonyms(pseudonymize: (rawId: string) => string): (rawId: string) => string {
  const known = new Map<string, string>();
  return (rawId) => {
    let pseudonym = known.get(rawId);
    if (pseudonym === undefined) {
      if (known.size >= MAX_ENTRIES) known.clear();
      pseudonym = pseudonymize(rawId);
      known.set(rawId, pseudonym);
    }
    return pseudonym;
  };
}
