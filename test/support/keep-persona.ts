/**
 * Makes a user's present persona the user's own choice, so that the few thumbs of a test do not move it: a move is slow
 * to go back, and changes the list.
 */

import { askFor } from './api-client.js';

export async function keepPersona(url: string, token: string): Promise<void> {
  const { recommendations } = await askFor<{ recommendations: { persona: { id: string } } }>(
    url,
    token,
    '{ recommendations(first: 1) { persona { id } } }',
  );
  await askFor(url, token, 'mutation ($id: ID) { correctPersona(personaId: $id) { __typename } }', {
    id: recommendations.persona.id,
  });
}
