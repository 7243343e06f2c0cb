/**
 * Stage 6: a user's list. Embeddings are never stored: they are folded in from the profile and remembered only as
 * long as neither the profile nor the model has moved, so nothing here can go stale.
 */

import { LRUCache } from 'lru-cache';

import type {
  Counterfactual,
  Explanation,
  Opinion,
  PersonaAssignment,
  Profile,
  Recommendation,
  RecommendationFilter,
  RecommendationList,
} from '../domain/index.js';
import { OWN_LIST_PREFIX } from '../domain/index.js';
import type { History } from '../features/index.js';
import { historyOf } from '../features/index.js';
import type { RankedItem, UserState } from '../learning/index.js';
import { explain, foldIn, recommend, scoreAll } from '../learning/index.js';

import type { ItemCatalogue } from './catalogue.service.js';
import type { ModelRegistry, ServingModel } from './model-registry.js';
import type { PersonaAssigner } from './persona.service.js';
import type { ProfileService } from './profile.service.js';
import type { Judgement, Standing } from './prediction.js';
import { isForetellable, judgeThumb } from './prediction.js';
import type { RecommendationService } from './services.js';
import type { ShownLists } from './shown-lists.js';

const CACHED_USERS = 20_000;
/** Lists kept per user; more ways to ask than that are ranked anew. */
const CACHED_LISTS = 16;
/** Items of the history shown per explanation; the rest is summed up in `otherItems`. */
const EXPLAINED_ITEMS = 5;

/** What is known of a user at one moment under one model. */
interface FoldedUser extends Standing {
  readonly generation: number;
  readonly eventCount: number;
  readonly persona: PersonaAssignment | null;
  /** Lists by what was asked for. */
  readonly lists: Map<string, RecommendationList>;
}

export interface RecommendationServiceOptions {
  readonly registry: ModelRegistry;
  readonly catalogue: ItemCatalogue;
  readonly profiles: ProfileService;
  readonly personas: PersonaAssigner;
  readonly shown: ShownLists;
  readonly createId: () => string;
}

interface Request {
  readonly userId: string;
  readonly first: number;
  readonly filter?: RecommendationFilter | null;
  readonly diversity?: number;
}

export class Recommender implements RecommendationService {
  private readonly folded = new LRUCache<string, FoldedUser>({ max: CACHED_USERS });

  constructor(private readonly options: RecommendationServiceOptions) {}

  async recommend(request: Request): Promise<RecommendationList> {
    const model = this.options.registry.current();
    const { userId, first, filter = null, diversity = 0 } = request;
    const user = await this.foldedUser(userId, model);
    const key = JSON.stringify([first, filter, diversity]);
    let list = user.lists.get(key);
    if (list === undefined) {
      list = this.rank({ userId, first, filter, diversity }, user, model);
      if (user.lists.size >= CACHED_LISTS) user.lists.clear();
      user.lists.set(key, list);
    }
    return list;
  }

  async show(request: Request): Promise<RecommendationList> {
    const list = await this.recommend(request);
    this.options.shown.add(list);
    return list;
  }

  /**
   * Remembers what is known now, before a thumb is learned from, and foretells the thumb from it when called. Folding
   * in is left to that later moment where the user is not at hand.
   */
  foretell(
    profile: Profile,
    thumb: { itemId: string; value: Opinion },
  ): ((personaId: string | null) => Judgement | null) | null {
    const model = this.options.registry.find();
    if (model === null || !isForetellable(profile, thumb.itemId, thumb.value)) return null;
    const known = this.folded.peek(profile.userId);
    const isCurrent = known?.generation === model.generation && known.eventCount === profile.eventCount;
    return (personaId) => judgeThumb(model, isCurrent ? known : standingOf(profile, personaId, model), thumb);
  }

  async counterfactual({
    userId,
    itemId,
    withoutItemId,
  }: {
    userId: string;
    itemId: string;
    withoutItemId: string;
  }): Promise<Counterfactual | null> {
    const model = this.options.registry.current();
    const user = await this.foldedUser(userId, model);
    const history = historyOf(await this.options.profiles.get(userId), model.itemIndex);
    const itemIndex = model.itemIndex.get(itemId);
    const left = history.indices.findIndex((index) => index === model.itemIndex.get(withoutItemId));
    if (itemIndex === undefined || left < 0) return null;
    const personaIndex = user.persona === null ? -1 : model.personaIds.indexOf(user.persona.personaId);
    const without = foldIn(model.recommender, withoutEntry(history, left), { personaIndex });
    const isAllowed = this.allowed(null, user, model);
    const place = (state: UserState) => placeOf(scoreAll(model.recommender, state), itemIndex, isAllowed);
    const [before, after] = [place(user.state), place(without)];
    return {
      ...{ itemId, withoutItemId, rankBefore: before.rank, rankAfter: after.rank },
      ...{ scoreBefore: before.score, scoreAfter: after.score },
    };
  }

  /** Drops what is remembered of a user; an event count alone would not tell an erased user from one who came back. */
  forget(userId: string): void {
    this.folded.delete(userId);
  }

  async preload(userIds: readonly string[]): Promise<void> {
    await Promise.all([this.options.profiles.preload(userIds), this.options.personas.preload(userIds)]);
  }

  /** Every item's score, Float32Array in the order of `itemIds`; -Infinity for items the model does not know. */
  async scoresOf(userId: string, itemIds: readonly string[]): Promise<Float32Array> {
    const model = this.options.registry.current();
    const { state } = await this.foldedUser(userId, model);
    const scores = scoreAll(model.recommender, state);
    return Float32Array.from(itemIds, (itemId) => {
      const index = model.itemIndex.get(itemId);
      return index === undefined ? Number.NEGATIVE_INFINITY : scores[index];
    });
  }

  private async foldedUser(userId: string, model: ServingModel): Promise<FoldedUser> {
    const { profiles } = this.options;
    // What a newcomer lacks is read together, not one after the other.
    if (profiles.peek(userId) === null) await this.preload([userId]);
    const profile = await profiles.get(userId);
    const known = this.folded.get(userId);
    if (known?.generation === model.generation && known.eventCount === profile.eventCount) return known;
    const persona = await this.options.personas.assign(profile, model);
    const user = fold(profile, persona, model);
    this.folded.set(userId, user);
    return user;
  }

  private rank(request: Required<Request>, user: FoldedUser, model: ServingModel): RecommendationList {
    const ranked = recommend(model.recommender, user.state, {
      n: request.first,
      isAllowed: this.allowed(request.filter, user, model),
      diversity: request.diversity,
    });
    return {
      listId: OWN_LIST_PREFIX + this.options.createId(),
      userId: request.userId,
      items: ranked.map((ranked, position) =>
        explainedLater(
          { itemId: model.itemIds[ranked.itemIndex], rank: position + 1, score: ranked.score },
          () => explanationOf(model, user.state, ranked, user.persona !== null),
        ),
      ),
      modelVersion: model.version,
      revision: user.eventCount + model.meta.activation,
      personaId: user.persona?.personaId ?? null,
    };
  }

  /** Items that may be listed: on offer, not settled yet, and let through by the filter. */
  private allowed(
    filter: RecommendationFilter | null,
    { settled }: FoldedUser,
    { itemIds }: ServingModel,
  ): (itemIndex: number) => boolean {
    const { catalogue } = this.options;
    const categories = filter?.categories?.length ? new Set(filter.categories) : null;
    const excluded = new Set(filter?.excludeItemIds);
    return (itemIndex) => {
      const itemId = itemIds[itemIndex];
      if (settled.has(itemIndex) || excluded.has(itemId) || !catalogue.isAvailable(itemId)) return false;
      return categories === null || categories.has(catalogue.categoryOf(itemId) ?? '');
    };
  }
}

function withoutEntry(history: History, entry: number): History {
  const isKept = (_: number, index: number) => index !== entry;
  return {
    indices: history.indices.filter(isKept),
    strength: history.strength.filter(isKept),
    opinion: history.opinion.filter(isKept),
    purchased: history.purchased.filter(isKept),
    at: history.at.filter(isKept),
  };
}

/** Ties go to the lower index, as in a list. */
function placeOf(
  scores: Float32Array,
  itemIndex: number,
  isAllowed: (itemIndex: number) => boolean,
): { rank: number; score: number } {
  const score = scores[itemIndex];
  let rank = 1;
  for (let other = 0; other < scores.length; other++) {
    const isAbove = scores[other] > score || (scores[other] === score && other < itemIndex);
    if (isAbove && isAllowed(other)) rank += 1;
  }
  return { rank, score };
}

function fold(profile: Profile, persona: PersonaAssignment | null, model: ServingModel): FoldedUser {
  return {
    generation: model.generation,
    eventCount: profile.eventCount,
    persona,
    ...standingOf(profile, persona?.personaId ?? null, model),
    lists: new Map(),
  };
}

function standingOf(profile: Profile, personaId: string | null, model: ServingModel): Standing {
  const history = historyOf(profile, model.itemIndex);
  const settled = new Set<number>();
  history.indices.forEach((itemIndex, entry) => {
    if (history.opinion[entry] !== 0 || history.purchased[entry] === 1) settled.add(itemIndex);
  });
  const personaIndex = personaId === null ? -1 : model.personaIds.indexOf(personaId);
  return {
    state: foldIn(model.recommender, history, { personaIndex }),
    settled,
  };
}

/** Model and state are immutable, so a reason is the same whenever it is asked for. */
function explainedLater(
  place: Omit<Recommendation, 'explanation'>,
  explain: () => Explanation,
): Recommendation {
  let known: Explanation | undefined;
  return {
    ...place,
    get explanation() {
      return (known ??= explain());
    },
  };
}

/** `score` is the sum as the list has it, from which the one here may differ by rounding. */
function explanationOf(
  model: ServingModel,
  state: UserState,
  { itemIndex, score }: RankedItem,
  hasPersona: boolean,
): Explanation {
  const { contributions, ...parts } = explain(model.recommender, state, itemIndex);
  // Without a persona that part is what all users have in common.
  const persona = hasPersona ? parts.persona : 0;
  const popularity = hasPersona ? parts.popularity : parts.popularity + parts.persona;
  const entries = Array.from(contributions, (contribution, entry) => ({
    itemId: model.itemIds[state.indices[entry]],
    contribution,
  }));
  entries.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const items = entries.slice(0, EXPLAINED_ITEMS).filter(({ contribution }) => contribution !== 0);
  const shown = items.reduce((sum, { contribution }) => sum + contribution, 0);
  return { persona, popularity, items, otherItems: score - persona - popularity - shown, total: score };
}
