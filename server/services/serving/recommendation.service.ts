/**
 * Stage 6: a user's list. Embeddings are never stored: they are folded in from the profile and cached only while
 * neither the profile nor the model changes, so they cannot become stale.
 */

import { LRUCache } from 'lru-cache';

import type {
  Counterfactual,
  Exclusion,
  Explanation,
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
import type { RankedItem, SettlingRule, UserState } from '../../learning/index.js';
import { explain, foldIn, recommend, scoreAll, settledItems } from '../../learning/index.js';

import type { CatalogueService, PersonaService, ProfileService } from '../users/index.js';
import type { Judgement, ModelRegistry, ServingModel, UserSnapshot } from '../models/index.js';
import { isPredictable, judgeThumb } from '../models/index.js';
import type { RecommendationPort } from '../index.js';
import type { ShownLists } from './shown-lists.js';
import { Turns } from '../users/index.js';

const CACHED_USERS = 20_000;
/**
 * Diversity is rounded to this step: finer differences do not change a list noticeably, and would each miss the cache.
 */
const DIVERSITY_STEP = 0.05;
/** Cached lists per user; beyond it the cache is cleared. */
const CACHED_LISTS = 16;
/** Items of the history shown per explanation; the rest is added up in `otherItems`. */
const EXPLAINED_ITEMS = 5;

interface CachedList {
  readonly list: RecommendationList;
  /** The catalogue generation it was ranked with. */
  readonly catalogue: number;
}

/** A user's folded-in state for a profile revision and a model generation. */
interface FoldedUser extends UserSnapshot {
  readonly userId: string;
  readonly history: History;
  readonly generation: number;
  /** Revision of the profile. */
  readonly revision: number;
  readonly persona: PersonaAssignment | null;
  /** Lists by the parameters of the request. */
  readonly lists: Map<string, CachedList>;
}

interface RecommendationServiceOptions {
  readonly registry: ModelRegistry;
  readonly catalogue: CatalogueService;
  readonly profiles: ProfileService;
  readonly personas: PersonaService;
  readonly shown: ShownLists;
  readonly createId: () => string;
  /** Default reasons for which an item is not listed again. */
  readonly exclude: readonly Exclusion[];
}

interface Request {
  readonly userId: string;
  readonly first: number;
  readonly filter?: RecommendationFilter | null;
  readonly diversity?: number;
  readonly exclude?: readonly Exclusion[] | null;
}

/** Parameters of a ranking. */
interface Ranking {
  readonly first: number;
  readonly filter: RecommendationFilter | null;
  readonly diversity: number;
  readonly exclude: ReadonlySet<Exclusion>;
}

export class RecommendationService implements RecommendationPort {
  private readonly folded = new LRUCache<string, FoldedUser>({ max: CACHED_USERS });
  private readonly exclude: ReadonlySet<Exclusion>;
  private readonly turns = new Turns();

  constructor(private readonly options: RecommendationServiceOptions) {
    this.exclude = new Set(options.exclude);
  }

  async recommend(request: Request): Promise<RecommendationList> {
    const model = this.options.registry.current();
    const { userId, first, filter = null } = request;
    const diversity = Math.round((request.diversity ?? 0) / DIVERSITY_STEP) * DIVERSITY_STEP;
    const exclude = request.exclude == null ? this.exclude : new Set(request.exclude);
    const ranking = { first, filter, diversity, exclude };
    const user = await this.foldedUser(userId, model);
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

  async show(request: Request): Promise<RecommendationList> {
    const list = await this.recommend(request);
    this.options.shown.add(list);
    return list;
  }

  /**
   * Captures the state before a thumb is learned from, and returns a function that predicts the thumb from that state.
   * If the user is not cached, folding in is deferred until that function is called.
   */
  predict(
    profile: Profile,
    thumb: { itemId: string; value: Opinion },
  ): ((personaId: string | null) => Judgement | null) | null {
    const model = this.options.registry.find();
    if (model === null || !isPredictable(profile, thumb.itemId, thumb.value)) return null;
    const known = this.folded.peek(profile.userId);
    const isCurrent = known?.generation === model.generation && known.revision === profile.revision;
    return (personaId) =>
      judgeThumb(
        model,
        isCurrent ? known : snapshotOf(profile, { personaId, model, exclude: this.exclude }),
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
    const history = historyOf(await this.options.profiles.get(userId), model.itemIndex);
    const itemIndex = model.itemIndex.get(itemId);
    const left = history.indices.findIndex((index) => index === model.itemIndex.get(withoutItemId));
    if (itemIndex === undefined || left < 0) return null;
    const personaIndex = user.persona === null ? -1 : model.personaIds.indexOf(user.persona.personaId);
    await this.turns.take(userId);
    const without = foldIn(model.recommender, withoutEntry(history, left), { personaIndex });
    const isAllowed = this.allowed({ filter: null, exclude: this.exclude }, user, model);
    const place = (state: UserState) => placeOf(scoreAll(model.recommender, state), itemIndex, isAllowed);
    const [before, after] = [place(user.state), place(without)];
    return {
      ...{ itemId, withoutItemId, rankBefore: before.rank, rankAfter: after.rank },
      ...{ scoreBefore: before.score, scoreAfter: after.score },
    };
  }

  /**
   * Drops a user's cached state: the revision alone does not distinguish an erased user from a new user with the same
   * id.
   */
  forget(userId: string): void {
    this.folded.delete(userId);
  }

  async preload(userIds: readonly string[]): Promise<void> {
    await Promise.all([this.options.profiles.preload(userIds), this.options.personas.preload(userIds)]);
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
    const { profiles } = this.options;
    // Reads the profile and the persona of an uncached user in parallel.
    if (profiles.peek(userId) === null) await this.preload([userId]);
    const profile = await profiles.get(userId);
    const known = this.folded.get(userId);
    if (known?.generation === model.generation && known.revision === profile.revision) return known;
    const persona = await this.options.personas.assign(profile, model);
    const user = fold(profile, { persona, model, exclude: this.exclude });
    this.folded.set(userId, user);
    return user;
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
    };
  }

  /** Items that may be listed: on offer, not settled, and accepted by the filter. */
  private allowed(
    { filter, exclude }: Pick<Ranking, 'filter' | 'exclude'>,
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
    rated: history.rated.filter(isKept),
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

function fold(
  profile: Profile,
  {
    persona,
    model,
    exclude,
  }: { persona: PersonaAssignment | null; model: ServingModel; exclude: SettlingRule },
): FoldedUser {
  return {
    userId: profile.userId,
    generation: model.generation,
    revision: profile.revision,
    persona,
    ...snapshotOf(profile, { personaId: persona?.personaId ?? null, model, exclude }),
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
    state: foldIn(model.recommender, history, { personaIndex }),
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

/** `score` is the total as listed, which may differ from the sum here by rounding. */
function explanationOf(
  model: ServingModel,
  state: UserState,
  { itemIndex, score }: RankedItem,
  hasPersona: boolean,
): Explanation {
  const { contributions, sequence: following, ...parts } = explain(model.recommender, state, itemIndex);
  // Without a persona, the persona part is common to all users and counts as popularity.
  const persona = hasPersona ? parts.persona : 0;
  const popularity = hasPersona ? parts.popularity : parts.popularity + parts.persona;
  const entries = Array.from(contributions, (contribution, entry) => ({
    itemId: model.itemIds[state.indices[entry]],
    contribution,
  }));
  entries.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const items = entries.slice(0, EXPLAINED_ITEMS).filter(({ contribution }) => contribution !== 0);
  const shown = items.reduce((sum, { contribution }) => sum + contribution, 0);
  const sequence = following.reduce((sum, added) => sum + added, 0);
  const latest = following.reduce(
    (best, added, entry) => (added > (following[best] ?? 0) ? entry : best),
    -1,
  );
  return {
    ...{ persona, popularity, sequence, items },
    sequenceItemId: latest < 0 ? null : model.itemIds[state.indices[latest]],
    otherItems: score - persona - popularity - sequence - shown,
    total: score,
  };
}
