/**
 * Activity that the stages report to the dashboards' counters. Implemented by `services/analytics`, which no stage
 * imports.
 */

import type { BehaviourEvent } from '../../domain/index.js';
import type { OpenSession } from '../../features/index.js';
import type { Judgement } from '../models/index.js';

export interface ActivityMetrics {
  /** Events of a single user that are new in the record, thumbs included; `session` was open before them. */
  addEvents(userId: string, events: readonly BehaviourEvent[], session: OpenSession | null): void;
  /** Events of many users in bulk, new in the record; written by the next `drain`. */
  addHistory(events: readonly BehaviourEvent[], personaIds: ReadonlyMap<string, string | null>): void;
  /** A list of these items is about to be sent. */
  addShown(userId: string, personaId: string | null, at: number, itemIds: readonly string[]): void;
  /**
   * A thumb; `judge` is called later with the user's persona, and compares the thumb with the prediction made before
   * it.
   */
  addThumb(userId: string, at: number, judge: (personaId: string | null) => Judgement | null): void;
  /** Removes an erased user from the live figures. */
  forget(userId: string): void;
  /** Resolves when all counts so far are written. */
  drain(): Promise<void>;
}
