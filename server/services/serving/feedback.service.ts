/**
 * The feedback loop: a thumb is an event that passes through the stages for a single user: write, fold in, rank,
 * publish. It awaits a single write; derived data is written behind it.
 */

import type { EventPublisher, Feedback, Opinion, Profile } from '../../domain/index.js';
import { isVoidRetraction } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type {
  ActivityMetrics,
  Apply,
  CatalogueService,
  DemoService,
  ProfileService,
} from '../users/index.js';
import { holdsThumb, thumbEvent } from '../users/index.js';
import type { RecommendationService } from './recommendation.service.js';
import type { FeedbackOutcome, FeedbackPort } from '../index.js';
import type { ShownLists } from './shown-lists.js';

/** Length of the list in the answer to a thumb. */
const ANSWER_LENGTH = 10;

interface FeedbackServiceOptions {
  readonly store: Store;
  readonly catalogue: CatalogueService;
  readonly profiles: ProfileService;
  readonly demo: DemoService;
  readonly metrics: ActivityMetrics;
  readonly recommendations: RecommendationService;
  readonly shown: ShownLists;
  readonly activeVersion: () => number | null;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly clock: () => number;
}

export class FeedbackService implements FeedbackPort {
  constructor(private readonly options: FeedbackServiceOptions) {}

  async submit(request: {
    userId: string;
    itemId: string;
    value: Opinion;
    listId: string | null;
    position?: number | null;
  }): Promise<FeedbackOutcome> {
    const { store, catalogue, profiles, recommendations, shown, bus, clock, instanceId } = this.options;
    const { userId, itemId, value, listId } = request;
    const receivedAt = clock();
    if (!catalogue.has(itemId) && (await catalogue.item(itemId)) === null)
      return { kind: 'unknown-item', itemId };

    await this.options.demo.meet([userId]);
    await recommendations.preload([userId]);
    const { stored, hasMoved } = await profiles.change([userId], async (apply) => {
      const before = await profiles.get(userId);
      const [position] = await shown.positionsOf([
        { userId, itemId, listId, position: request.position ?? null },
      ]);
      const { lastAt } = before.behaviour;
      const outcome = await store.feedback.submit({
        ...{ userId, itemId, value, listId, position },
        // Later than the profile's last event, so that a clock that stepped back cannot reorder the thumb.
        at: receivedAt > lastAt ? receivedAt : lastAt + 1,
        modelVersion: this.options.activeVersion(),
        origin: instanceId,
        afterEvents: before.eventCount,
      });
      return { stored: outcome.stored, hasMoved: await this.learn(outcome, before, apply) };
    });
    const list = await recommendations.show({ userId, first: ANSWER_LENGTH });
    if (hasMoved) bus.publish('recommendations.updated', { userId, cause: 'FEEDBACK', receivedAt });
    return { kind: 'accepted', feedback: stored, list, latencyMs: clock() - receivedAt };
  }

  /** Resolves with whether the profile changed. Retracting an opinion that was never given changes nothing. */
  private async learn(
    { stored, previous }: { stored: Feedback; previous: Feedback | null },
    before: Profile,
    apply: Apply,
  ): Promise<boolean> {
    const { profiles, metrics, recommendations } = this.options;
    const { userId } = stored;
    if (isVoidRetraction(stored)) return false;
    if (stored === previous) {
      // A repeated request: the first may have been stored without being applied, if it failed or its instance ended.
      if (holdsThumb(await profiles.get(userId), stored)) return false;
      return apply(userId, [], { isRepeat: true });
    }
    const event = thumbEvent(stored);
    const predicted = recommendations.predict(before, stored);
    await apply(userId, [event], { thumbs: [stored] });
    metrics.addEvents(userId, [event], before.behaviour.session);
    if (predicted !== null) metrics.addThumb(userId, stored.at, predicted);
    return true;
  }
}
