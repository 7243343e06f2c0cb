/** Links from figures to what is behind them. */

import type { RouteLocationRaw } from 'vue-router';

/** Persona of the figures of users without a persona. */
export const NOBODY = 'none';

/** The users of a persona; null for users without one, who cannot be listed. */
export function usersLink(personaId: string): RouteLocationRaw | null {
  return personaId === NOBODY ? null : { name: 'admin.users', query: { persona: personaId } };
}
