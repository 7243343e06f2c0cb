/** Names in the user's language and palette places for the personas of the active model. */

import { computed, type ComputedRef } from 'vue';

import { PersonaNamesDocument } from '../../generated/graphql.js';
import { useLiveQuery, usePersonaWords } from '../index.js';

import { personaPlaces } from './persona-places.js';

export interface PersonaPlaces {
  /** Place in the palette of charts. */
  placeOf(personaId: string): number;
  /** The name of a persona of the active model; the fallback for other personas. */
  labelOf(personaId: string, fallback?: string): string;
  /** How many personas there are; reading it makes a computation depend on them. */
  readonly count: ComputedRef<number>;
  /** True until the names are known. */
  readonly isLoading: ComputedRef<boolean>;
}

/** Place for users without a persona. */
const OTHER_PLACE = 6;

export function usePersonaPlaces(): PersonaPlaces {
  const query = useLiveQuery(PersonaNamesDocument, {}, { fetchPolicy: 'cache-first' });
  const wordsOf = usePersonaWords();
  const personas = computed(() => query.data.value?.personas ?? []);
  const places = computed(() => personaPlaces(personas.value.map(({ id }) => id)));
  const labels = computed(() => new Map(personas.value.map((one) => [one.id, wordsOf(one).label])));
  return {
    placeOf: (id) => places.value.get(id) ?? OTHER_PLACE,
    labelOf: (id, fallback) => labels.value.get(id) ?? wordsOf({ label: fallback ?? id }).label,
    count: computed(() => personas.value.length),
    isLoading: query.isLoading,
  };
}
