/** Assigns personas to places of the palette. Archetypes keep their place across versions. */

const ARCHETYPE_PLACES = new Map([
  ['seeker', 0],
  ['browser', 1],
  ['buyer', 2],
  ['explorer', 3],
]);
/** Places of the palette; the seventh is for users without a persona. */
const FREE_PLACES = [4, 5, 7, 0, 1, 2, 3] as const;

/** The same ids give the same places in any order. */
export function personaPlaces(personaIds: readonly string[]): ReadonlyMap<string, number> {
  const ids = [...new Set(personaIds)].sort();
  const places = new Map<string, number>();
  for (const id of ids) {
    const place = ARCHETYPE_PLACES.get(id);
    if (place !== undefined) places.set(id, place);
  }
  const taken = new Set(places.values());
  const free = [...FREE_PLACES.filter((place) => !taken.has(place)), ...FREE_PLACES];
  const others = ids.filter((id) => !places.has(id));
  others.forEach((id, index) => places.set(id, free[index % free.length] ?? 0));
  return places;
}
