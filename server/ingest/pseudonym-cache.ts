/** Stage 1: caches pseudonyms, since rows of a user often come in groups and the keyed hash is costly. */

const MAX_ENTRIES = 200_000;

/** Memoizes `pseudonymize`. The cache is cleared when full, so memory stays bounded. */
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
