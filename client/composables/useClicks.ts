/** Records that the viewer opened an item, so that click-through and the profile count it. */

import { useMutation } from '@vue/apollo-composable';

import { RecordClickDocument } from '../generated/user/graphql.js';

/** Where an item was opened: a place of a list, or elsewhere (search results, thumbs, similar items). */
export interface ClickedPlace {
  readonly itemId: string;
  readonly listId?: string;
  /** Zero-based. */
  readonly position?: number;
}

/** Failures are ignored: a lost click changes nothing on the page. */
export function useClicks(): (place: ClickedPlace) => void {
  const { mutate } = useMutation(RecordClickDocument, { fetchPolicy: 'no-cache' });
  return ({ itemId, listId, position }) => {
    const event = { type: 'CLICK' as const, itemId, listId, position, at: new Date().toISOString() };
    mutate({ event }).catch(() => undefined);
  };
}
