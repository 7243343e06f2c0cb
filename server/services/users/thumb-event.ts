/**
 * The event of a thumb in the activity record.
 */

import type { BehaviourEvent, Feedback } from '../../domain/index.js';

const TYPE_OF = { '1': 'like', '-1': 'dislike', '0': 'retract' } as const;

/**
 * The same thumb always gives the same event, so recording it again after a crash changes nothing. The id sorts by
 * `seq`: two opinions within the same millisecond keep their order.
 */
export function thumbEvent(feedback: Feedback): BehaviourEvent {
  return {
    id: `thumb:${String(feedback.seq).padStart(9, '0')}:${feedback.itemId}`,
    userId: feedback.userId,
    type: TYPE_OF[`${feedback.value}`],
    itemId: feedback.itemId,
    at: feedback.at,
    value: null,
    sessionId: null,
    position: feedback.position,
    listId: feedback.listId,
    device: null,
    locale: null,
  };
}
