/** What stages report to the counters of the dashboards. Implemented by `services/analytics`, which no stage imports. */

import type { BehaviourEvent } from '../../domain/index.js';
import type { OpenSession } from '../../features/index.js';
import type { Judgement } from '../models/index.js';

export interface ActivityMetrics {
  /** Events of one user that are new to the record, thumbs included; `session` was open before them. */
  addEvents(userId: string, events: readonly BehaviourEvent[], session: OpenSession | null): void;
  /** Events of many users in bulk, new to the record; written by the next `drain`. */
  addHistory(events: readonly BehaviourEvent[], personaIds: ReadonlyMap<string, string | null>): void;
  /** A list of `length` items is about to be sent. */
  addShown(userId: string, personaId: string | null, at: number, length: number): void;
  /** A thumb; `judge` compares it later with what was predicted before it, given the user's persona. */
  addThumb(userId: string, at: number, judge: (personaId: string | null) => Judgement | null): void;
  /** Removes an erased user from the live figures. */
  forget(userId: string): void;
  /** Resolves when everything counted so far is written. */
  drain(): Promise<void>;
}
