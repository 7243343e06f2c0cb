/**
 * The feedback loop: a thumb is an event that passes through the stages for a single user: write, fold in, rank,
 * publish. It awaits a single write; derived data is written behind it.
 */

import type { EventPublisher, Tracer } from '../../domain/index.js';
import { isVoidRetraction } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type {
  ActivityMetrics,
  Apply,
  CatalogueService,
  DemoService,
  LiveUser,
  LiveUsers,
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
  readonly users: LiveUsers;
  readonly demo: DemoService;
  readonly metrics: ActivityMetrics;
  readonly recommendations: RecommendationService;
  readonly shown: ShownLists;
  readonly activeVersion: () => number | null;
  readonly bus: EventPublisher;
  readonly instanceId: string;
  readonly tracer: Tracer;
  readonly clock: () => number;
}

export class FeedbackService implements FeedbackPort {
  constructor(private readonly options: FeedbackServiceOptions) {}

  submit(request: Parameters<FeedbackPort['submit']>[0]): Promise<FeedbackOutcome> {
    return this.options.tracer.span('thumb', () => this.accept(request));
  }

  private async accept(request: Parameters<FeedbackPort['submit']>[0]): Promise<FeedbackOutcome> {
    const { store, catalogue, users, recommendations, shown, bus, tracer, clock, instanceId } = this.options;
    const trace = tracer.current();
    const { userId, itemId, value, listId } = request;
    const receivedAt = clock();
    if (!catalogue.has(itemId) && (await catalogue.item(itemId)) === null)
      return { kind: 'unknown-item', itemId };

    await this.options.demo.meet([userId]);
    const { stored, hasMoved } = await users.change([userId], async (apply) => {
      const { profile, folded } = await users.get(userId);
      const [position] = await shown.positionsOf([
        { userId, itemId, listId, position: request.position ?? null },
      ]);
      const { lastAt } = profile.behaviour;
      const thumb = {
        ...{ userId, itemId, value, listId, position },
        // Later than the profile's last event, so that a clock that stepped back cannot reorder the thumb.
        at: receivedAt > lastAt ? receivedAt : lastAt + 1,
        modelVersion: this.options.activeVersion(),
        origin: instanceId,
        afterEvents: profile.eventCount,
        ...(trace === null ? {} : { trace }),
      };
      const outcome = await tracer.span('thumb.write', () => store.feedback.submit(thumb));
      const hasMoved = await tracer.span('thumb.fold-in', () =>
        this.learn(outcome, { profile, folded }, apply),
      );
      return { stored: outcome.stored, hasMoved };
    });
    const list = await tracer.span('list.rank', () => recommendations.show({ userId, first: ANSWER_LENGTH }));
    if (hasMoved)
      await tracer.span('list.publish', async () =>
        bus.publish('recommendations.updated', {
          userId,
          cause: 'FEEDBACK',
          receivedAt,
          trace: tracer.current(),
        }),
      );
    return { kind: 'accepted', feedback: stored, list, latencyMs: clock() - receivedAt };
  }

  /** Resolves with whether the profile changed. Retracting an opinion that was never given changes nothing. */
  private async learn(
    { stored, previous, unapplied }: Awaited<ReturnType<Store['feedback']['submit']>>,
    before: Pick<LiveUser, 'profile' | 'folded'>,
    apply: Apply,
  ): Promise<boolean> {
    const { users, metrics, recommendations, instanceId } = this.options;
    const { userId } = stored;
    if (isVoidRetraction(stored)) return false;
    if (stored === previous) {
      // A repeated request: the first may have been stored without being applied, if it failed or its instance ended.
      if (holdsThumb((await users.get(userId)).profile, stored)) return false;
      return apply(userId, [], { isRepeat: true });
    }
    const event = thumbEvent(stored);
    const predicted = recommendations.predict(before, stored);
    // Applying this thumb clears the marks of those it replaces. Another instance may have ended before it recorded its
    // own, so the user is then rebuilt from everything that is pending.
    const isRepeat = unapplied.some(({ origin }) => origin !== instanceId);
    await apply(userId, [event], { thumbs: [stored], isRepeat });
    metrics.addEvents(userId, [event], before.profile.behaviour.session);
    if (predicted !== null) metrics.addThumb(userId, stored.at, predicted);
    return true;
  }
}
