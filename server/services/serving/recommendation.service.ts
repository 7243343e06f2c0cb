/**
 * Stage 6: a user's list. Embeddings are never stored: they are folded in from the profile and cached only while
 * neither the profile nor the model changes, so they cannot become stale.
 */

import { LRUCache } from 'lru-cache';

import type {
  Counterfactual,
  Exclusion,
  Explanation,
  ExplanationEntry,
  Facet,
  Opinion,
  PersonaAssignment,
  Profile,
  Recommendation,
  RecommendationFilter,
  RecommendationList,
} from '../../domain/index.js';
import { listIdPrefix } from '../../domain/index.js';
import type { History } from '../../features/index.js';
import { historyOf } from '../../features/index.js';
import type { ListedExplanation, RankedItem, SettlingRule, UserState } from '../../learning/index.js';
import {
  counterfactual,
  explainListed,
  foldIn,
  onboardingItems,
  recommend,
  scoreAll,
  settledItems,
} from '../../learning/index.js';

import type { CatalogueService, FoldedUser, LiveUser, LiveUsers } from '../users/index.js';
import type { Judgement, ModelRegistry, ServingModel, UserSnapshot } from '../models/index.js';
import { isPredictable, judgeThumb } from '../models/index.js';
import type { RecommendationPort } from '../index.js';
import type { ShownLists } from './shown-lists.js';
import { Turns, UserFacets } from '../users/index.js';

/** Lists are requested after the model's training, so a state depends on model and history alone. */
const SERVED_AT = Infinity;
/**
 * Diversity is rounded to this step: finer differences do not change a list noticeably, and would each miss the cache.
 */
const DIVERSITY_STEP = 0.05;
/** Cached lists per user; beyond it the cache is cleared. */
const CACHED_LISTS = 16;
/** Versions kept in memory for previews, besides the active version. */
const PREVIEWED_VERSIONS = 2;

interface RecommendationServiceOptions {
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly users: LiveUsers;
  readonly shown: ShownLists;
  readonly createId: () => string;
  /** Default reasons for which an item is not listed again. */
  readonly exclude: readonly Exclusion[];
  /** Reads a kept version. Throws ModelNotFoundError, CorruptModelError. */
  readonly readVersion: (version: number) => Promise<Omit<ServingModel, 'generation'>>;
}

interface Request {
  readonly userId: string;
  readonly first: number;
  readonly filter?: RecommendationFilter | null;
  readonly diversity?: number;
  readonly exclude?: readonly Exclusion[] | null;
}

/** Parameters of a ranking; `side` restricts it to a facet. */
interface Ranking {
  readonly first: number;
  readonly filter: RecommendationFilter | null;
  readonly diversity: number;
  readonly exclude: ReadonlySet<Exclusion>;
  readonly side: ((itemIndex: number) => boolean) | null;
}

export class RecommendationService implements RecommendationPort {
  private readonly exclude: ReadonlySet<Exclusion>;
  private readonly previewed = new LRUCache<number, Promise<ServingModel>>({ max: PREVIEWED_VERSIONS });
  private readonly turns = new Turns();

  constructor(private readonly options: RecommendationServiceOptions) {
    this.exclude = new Set(options.exclude);
  }

  async recommend(request: Request): Promise<RecommendationList> {
    const model = this.options.registry.current();
    const { userId, first, filter = null } = request;
    const diversity = Math.round((request.diversity ?? 0) / DIVERSITY_STEP) * DIVERSITY_STEP;
    const exclude = request.exclude == null ? this.exclude : new Set(request.exclude);
    const user = await this.foldedUser(userId, model);
    const side = filter?.facet == null ? null : await user.facets.side(filter.facet);
    const ranking = { first, filter, diversity, exclude, side };
    // Every delivered list changes the set of listed items, so such a list is not cached.
    if (exclude.has('listed')) {
      const listed = await this.options.shown.itemsListedTo(userId);
      await this.turns.take(userId);
      return this.rank(ranking, user, model, listed);
    }
    const key = JSON.stringify([first, filter, diversity, [...exclude].sort()]);
    let found = this.cached(user, key);
    if (found !== null) return found;
    await this.turns.take(userId);
    found = this.cached(user, key);
    if (found !== null) return found;
    const list = this.rank(ranking, user, model);
    if (user.lists.size >= CACHED_LISTS) user.lists.clear();
    user.lists.set(key, { list, catalogue: this.options.catalogue.generation });
    return list;
  }

  async preview({
    userId,
    version,
    first,
    filter = null,
    diversity = 0,
  }: Request & { readonly version: number }): Promise<RecommendationList> {
    const { users, catalogue } = this.options;
    const [model, live] = await Promise.all([this.versionOf(version), users.get(userId)]);
    const persona = users.personas.of(live, model);
    const user = fold(live.profile, { persona, model, exclude: this.exclude, catalogue });
    const side = filter?.facet == null ? null : await user.facets.side(filter.facet);
    await this.turns.take(userId);
    return this.rank({ first, filter, diversity, exclude: this.exclude, side }, user, model);
  }

  /**
   * A version for previews: the active version, or a kept version from memory or the database. Its generation differs
   * from those of activations and from other previews.
   */
  private versionOf(version: number): Promise<ServingModel> {
    const active = this.options.registry.find();
    if (active?.version === version) return Promise.resolve(active);
    let known = this.previewed.get(version);
    if (known === undefined) {
      known = this.options.readVersion(version).then((model) => ({ ...model, generation: -version }));
      known.catch(() => this.previewed.delete(version));
      this.previewed.set(version, known);
    }
    return known;
  }

  async show(request: Request): Promise<RecommendationList> {
    const list = await this.recommend(request);
    this.countShown(list);
    return list;
  }

  countShown(list: RecommendationList): void {
    this.options.shown.add(list);
  }

  async onboardingItems({ userId, first }: { userId: string | null; first: number }): Promise<string[]> {
    const model = this.options.registry.current();
    const met = new Set(userId === null ? [] : (await this.foldedUser(userId, model)).history.indices);
    await this.turns.take(userId ?? 'onboarding');
    const isAllowed = (index: number) =>
      !met.has(index) && this.options.catalogue.isAvailable(model.itemIds[index]);
    const chosen = onboardingItems(model.recommender, { n: first, isAllowed });
    return Array.from(chosen, (index) => model.itemIds[index]);
  }

  /**
   * Captures the state before a thumb is learned from, and returns a function that predicts the thumb from that state.
   * If the user is not folded in, that is deferred until the function is called.
   */
  predict(
    { profile, folded }: Pick<LiveUser, 'profile' | 'folded'>,
    thumb: { itemId: string; value: Opinion },
  ): ((personaId: string | null) => Judgement | null) | null {
    const model = this.options.registry.find();
    if (model === null || !isPredictable(profile, thumb.itemId, thumb.value)) return null;
    const isCurrent = folded?.generation === model.generation && folded.revision === profile.revision;
    return (personaId) =>
      judgeThumb(
        model,
        isCurrent ? folded : snapshotOf(profile, { personaId, model, exclude: this.exclude }),
        thumb,
      );
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
    const history = user.history;
    const itemIndex = model.itemIndex.get(itemId);
    const left = history.indices.findIndex((index) => index === model.itemIndex.get(withoutItemId));
    if (itemIndex === undefined || left < 0) return null;
    const personaIndex = user.persona === null ? -1 : model.personaIds.indexOf(user.persona.personaId);
    await this.turns.take(userId);
    const { before, after } = counterfactual(model.recommender, {
      ...{ history, state: user.state, itemIndex, entry: left },
      isAllowed: this.allowed({ filter: null, exclude: this.exclude, side: null }, user, model),
      context: { personaIndex, now: SERVED_AT },
    });
    return {
      ...{ itemId, withoutItemId, rankBefore: before.rank, rankAfter: after.rank },
      ...{ scoreBefore: before.score, scoreAfter: after.score },
    };
  }

  async facets(userId: string): Promise<Facet[]> {
    const model = this.options.registry.find();
    return model === null ? [] : (await this.foldedUser(userId, model)).facets.describe();
  }

  preload(userIds: readonly string[]): Promise<void> {
    return this.options.users.preload(userIds);
  }

  /** The score of every item, Float32Array in the order of `itemIds`; -Infinity for items outside the model. */
  async scoresOf(userId: string, itemIds: readonly string[]): Promise<Float32Array> {
    const model = this.options.registry.current();
    const { state } = await this.foldedUser(userId, model);
    const scores = scoreAll(model.recommender, state);
    return Float32Array.from(itemIds, (itemId) => {
      const index = model.itemIndex.get(itemId);
      return index === undefined ? Number.NEGATIVE_INFINITY : scores[index];
    });
  }

  private cached({ lists }: FoldedUser, key: string): RecommendationList | null {
    const found = lists.get(key);
    return found?.catalogue === this.options.catalogue.generation ? found.list : null;
  }

  private async foldedUser(userId: string, model: ServingModel): Promise<FoldedUser> {
    const { users, catalogue } = this.options;
    const user = await users.get(userId);
    const { profile, folded } = user;
    if (folded?.generation === model.generation && folded.revision === profile.revision) return folded;
    const persona = users.personas.of(user, model);
    const known = folded?.facets ?? null;
    user.folded = fold(profile, { persona, model, exclude: this.exclude, catalogue, known });
    return user.folded;
  }

  private rank(
    ranking: Ranking,
    user: FoldedUser,
    model: ServingModel,
    listed?: ReadonlySet<string>,
  ): RecommendationList {
    const ranked = recommend(model.recommender, user.state, {
      n: ranking.first,
      isAllowed: this.allowed(ranking, user, model, listed),
      diversity: ranking.diversity,
      facets: ranking.side === null ? user.facets.found : null,
    });
    return {
      listId: listIdPrefix(user.userId) + this.options.createId(),
      userId: user.userId,
      items: ranked.map((ranked, position) =>
        explainedLater(
          { itemId: model.itemIds[ranked.itemIndex], rank: position + 1, score: ranked.score },
          () => explanationOf(model, user.state, ranked, user.persona !== null),
        ),
      ),
      modelVersion: model.version,
      revision: user.revision + model.meta.activation + this.options.catalogue.revision,
      personaId: user.persona?.personaId ?? null,
      facet: ranking.side === null ? null : (ranking.filter?.facet ?? null),
    };
  }

  /** Items that may be listed: on offer, not settled, and accepted by the filter. */
  private allowed(
    { filter, exclude, side }: Pick<Ranking, 'filter' | 'exclude' | 'side'>,
    user: FoldedUser,
    { itemIds }: ServingModel,
    listed?: ReadonlySet<string>,
  ): (itemIndex: number) => boolean {
    const { catalogue } = this.options;
    const settled = exclude === this.exclude ? user.settled : settledItems(user.history, exclude);
    const categories = filter?.categories?.length ? new Set(filter.categories) : null;
    const excluded = new Set(filter?.excludeItemIds);
    return (itemIndex) => {
      const itemId = itemIds[itemIndex];
      if (settled.has(itemIndex) || excluded.has(itemId) || !catalogue.isAvailable(itemId)) return false;
      if (listed?.has(itemId) === true) return false;
      if (side?.(itemIndex) === false) return false;
      return categories === null || categories.has(catalogue.categoryOf(itemId) ?? '');
    };
  }
}

function fold(
  profile: Profile,
  {
    persona,
    model,
    exclude,
    catalogue,
    known = null,
  }: {
    persona: PersonaAssignment | null;
    model: ServingModel;
    exclude: SettlingRule;
    catalogue: CatalogueService;
    known?: UserFacets | null;
  },
): FoldedUser {
  const snapshot = snapshotOf(profile, { personaId: persona?.personaId ?? null, model, exclude });
  return {
    userId: profile.userId,
    generation: model.generation,
    revision: profile.revision,
    persona,
    ...snapshot,
    facets: new UserFacets(snapshot.history, model, catalogue, known),
    lists: new Map(),
  };
}

function snapshotOf(
  profile: Profile,
  { personaId, model, exclude }: { personaId: string | null; model: ServingModel; exclude: SettlingRule },
): UserSnapshot & { history: History } {
  const history = historyOf(profile, model.itemIndex);
  const personaIndex = personaId === null ? -1 : model.personaIds.indexOf(personaId);
  return {
    state: foldIn(model.recommender, history, { personaIndex, now: SERVED_AT }),
    settled: settledItems(history, exclude),
    history,
  };
}

/** Computed on first access and cached: model and state are immutable. */
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

function explanationOf(
  model: ServingModel,
  state: UserState,
  ranked: RankedItem,
  hasPersona: boolean,
): Explanation {
  const { items, history, sequenceItem, ...parts } = explainListed(
    model.recommender,
    state,
    ranked,
    hasPersona,
  );
  const named = (entry: ListedExplanation['items'][number]): ExplanationEntry => ({
    itemId: model.itemIds[entry.itemIndex],
    contribution: entry.contribution,
  });
  return {
    ...parts,
    items: items.map(named),
    sequenceItemId: sequenceItem < 0 ? null : model.itemIds[sequenceItem],
    newLikeItemId: newLikeItem(model, ranked.itemIndex, history),
  };
}

/** See `Explanation.newLikeItemId`; `history` is largest contribution first. */
function newLikeItem(
  { itemIds, newItems }: ServingModel,
  itemIndex: number,
  history: ListedExplanation['history'],
): string | null {
  const similar = newItems.get(itemIds[itemIndex]);
  if (similar === undefined) return null;
  const own = history.find((entry) => entry.contribution > 0 && similar.indices.includes(entry.itemIndex));
  return itemIds[own?.itemIndex ?? similar.indices[0]] ?? null;
}
