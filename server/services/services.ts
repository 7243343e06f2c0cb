/**
 * Service interfaces for the API, the jobs and the command line: an interface per stage, and use cases that span
 * several stages. `app` builds the implementations and passes them on as a single `Services`.
 *
 * User ids are pseudonyms everywhere. Services do not authorise: that is the caller's task.
 */

import type {
  Alert,
  AnalyticsReport,
  BehaviourEvent,
  ErasureReceipt,
  ClusterMap,
  Counterfactual,
  DriftReport,
  EventType,
  Exclusion,
  FeatureComparison,
  Feedback,
  Item,
  LiveRates,
  MetricGrain,
  ModelVersion,
  Opinion,
  Persona,
  PersonaAssignment,
  PersonaEvidence,
  PersonaEvolution,
  PersonaRecord,
  RecommendationFilter,
  RecommendationList,
  TrainingRun,
  User,
  UserData,
  Viewer,
} from '../domain/index.js';
import type {
  DatasetInfo,
  Page,
  PageRequest,
  Revocation,
  RevocationSubject,
  TokenRecord,
} from '../store/index.js';

export type { Revocation, RevocationSubject, TokenRecord } from '../store/index.js';

export interface CataloguePort {
  /** Rises with every write to the catalogue; the same on every instance. */
  readonly revision: number;
  /** Rises whenever this instance reads changed items; results derived from older generations are stale. */
  readonly generation: number;
  /** Whether an item was added, changed or removed after this generation. */
  hasChangedSince(itemId: string, generation: number): boolean;
  item(itemId: string): Promise<Item | null>;
  itemsById(itemIds: readonly string[]): Promise<Item[]>;
  /** `search`: each of its words must begin a word of the title. Throws InvalidInputError beyond 100 characters or 8 words. */
  items(page: PageRequest & { category?: string | null; search?: string | null }): Promise<Page<Item>>;
  categories(): Promise<string[]>;
  /**
   * Items on offer by cosine similarity of the active model's embeddings, best first; empty for an item outside the
   * model. Throws ItemNotFoundError.
   */
  similarItems(itemId: string, first: number): Promise<{ itemId: string; similarity: number }[]>;
  /** Reports invalid rows with their index; imports the valid rows. */
  importItems(items: readonly Item[]): Promise<{ inserted: number; updated: number; unchanged: number }>;
}

export interface UserPort {
  find(userId: string): Promise<User | null>;
  findMany(userIds: readonly string[]): Promise<User[]>;
  users(page: PageRequest & { personaId?: string | null }): Promise<Page<User>>;
  /** Synthetic users, ordered by id. */
  demoUsers(first: number): Promise<User[]>;
  /** The latest thumbs of each of these users, newest first. */
  feedbackOf(userIds: readonly string[]): Promise<Map<string, Feedback[]>>;
  dataset(): Promise<DatasetInfo>;
}

export interface DemoPort {
  /** True while sign-in as a synthetic user is open to everyone. Kept in memory. */
  readonly isOpen: boolean;
  /** Marks a user with a demo token as synthetic, also after an erasure. */
  admit(userId: string): void;
}

/** The fields of a token that decide whether it is revoked. */
export interface RevocableToken {
  /** The `jti`; null where the token has none. */
  readonly tokenId: string | null;
  /** Milliseconds since the epoch; 0 if the token has no `iat`. */
  readonly issuedAt: number;
  readonly viewer: Viewer;
}

export interface SignedTokenInfo extends TokenRecord {
  /** Milliseconds since the epoch; null while the token is valid. */
  readonly revokedAt: number | null;
}

export interface TokenPort {
  /** Reads from memory. */
  isRevoked(token: RevocableToken): boolean;
  /** Call before handing out a signed token. */
  record(token: TokenRecord): Promise<void>;
  /** Signed tokens that have not expired, newest first. */
  tokens(first: number): Promise<SignedTokenInfo[]>;
  /**
   * Revokes a single token by its id, known here or not, or all tokens of a user or of a role that were issued before
   * now. Every instance refuses them within a second and closes their sockets. Throws InvalidInputError for an empty
   * id.
   */
  revoke(subject: RevocationSubject): Promise<Revocation>;
}

export interface UserDataPort {
  /** All data held about a user; null if there is none. */
  export(userId: string): Promise<UserData | null>;
  /** Counts, per kind, the rows that an erasure would remove now; null if there are none. Changes nothing. */
  erasable(userId: string): Promise<Readonly<Record<string, number>> | null>;
  /** Removes a user's data from every collection, every cache and every open window; null if there was none. */
  erase(userId: string): Promise<ErasureReceipt | null>;
}

export interface PersonaPort {
  /** Personas of the active model; empty before the first training. */
  personas(): Persona[];
  persona(personaId: string): Persona | null;
  /** Up to `first` persona records of each of these users, newest first. */
  histories(userIds: readonly string[], first: number): Promise<Map<string, PersonaRecord[]>>;
  rename(personaId: string, label: string): Promise<Persona>;
  /** Compares two versions; by default the active version and its parent. Null if either version does not exist. */
  evolution(fromVersion?: number | null, toVersion?: number | null): Promise<PersonaEvolution | null>;
}

export interface CorrectionPort {
  /**
   * Sets the persona that a user chose, or withdraws the choice with null. Returns null if behaviour then gives too
   * little evidence for a persona. Throws PersonaNotFoundError, NoActiveModelError.
   */
  correct(userId: string, personaId: string | null): Promise<PersonaAssignment | null>;
  /** The user's behavioural features in plain units; empty before the first training and for a user without events. */
  behaviour(userId: string): Promise<{ feature: string; value: number }[]>;
  /** The number of signals the user has given, and the number a persona needs. */
  evidence(userId: string): Promise<PersonaEvidence>;
  /**
   * The persona's distinctive features: the user's value, the persona's centroid and the mean of all users; empty for an
   * unknown persona.
   */
  comparison(userId: string, personaId: string): Promise<FeatureComparison[]>;
}

export interface RecommendationPort {
  /** An unknown user is a cold start, not an error. Throws NoActiveModelError before the first training. */
  recommend(request: {
    userId: string;
    first: number;
    filter?: RecommendationFilter | null;
    /** 0 ranks by score alone, 1 by difference from items ranked above. */
    diversity?: number;
    /**
     * Reasons for which an item is not listed again; null or absent: the configured default. Dislikes are never listed.
     */
    exclude?: readonly Exclusion[] | null;
  }): Promise<RecommendationList>;
  /** Reads the data for many users' lists in few queries; the lists themselves are requested separately. */
  preload(userIds: readonly string[]): Promise<void>;
  /** Like `recommend`, for a list that is delivered to its user: counts its items as shown, once per list. */
  show(request: Parameters<RecommendationPort['recommend']>[0]): Promise<RecommendationList>;
  /**
   * Recomputes a recommendation as if the user had never interacted with `withoutItemId`; null if either item plays no
   * part.
   */
  counterfactual(request: {
    userId: string;
    itemId: string;
    withoutItemId: string;
  }): Promise<Counterfactual | null>;
}

export type FeedbackOutcome =
  | {
      readonly kind: 'accepted';
      readonly feedback: Feedback;
      readonly list: RecommendationList;
      readonly latencyMs: number;
    }
  | { readonly kind: 'unknown-item'; readonly itemId: string };

export interface FeedbackPort {
  /** Writes, folds in, ranks, publishes. A returned result is acknowledged by a majority. */
  submit(request: {
    userId: string;
    itemId: string;
    value: Opinion;
    listId: string | null;
    position?: number | null;
  }): Promise<FeedbackOutcome>;
}

/** An event as a caller sends it: without an id, and with an optional time (default now). */
export interface NewEvent {
  readonly type: EventType;
  /** A pseudonym; null if the sender gave no user, which is rejected. */
  readonly userId: string | null;
  readonly itemId: string | null;
  readonly at: number | null;
  readonly value: number | null;
  readonly sessionId: string | null;
  readonly position: number | null;
  readonly listId: string | null;
  readonly device: string | null;
  readonly locale: string | null;
}

export interface EventOutcome {
  /** Index in the request. */
  readonly index: number;
  readonly status: 'recorded' | 'duplicate' | 'rejected';
  readonly reason: string | null;
  /** The event is kept, and its item is not in the catalogue. */
  readonly isUnknownItem: boolean;
}

export interface EventPort {
  /** Records valid events and reports each invalid event. */
  record(events: readonly NewEvent[]): Promise<EventOutcome[]>;
  history(userId: string): Promise<BehaviourEvent[]>;
}

export interface TrainingPort {
  /** Starts a retrain and returns immediately. Throws AlreadyRunningError with the holder and the start time. */
  start(trigger: TrainingRun['trigger']): Promise<TrainingRun>;
  /** Starts a retrain and resolves when it ends, whether it succeeded or failed. */
  run(trigger: TrainingRun['trigger'], onProgress?: (run: TrainingRun) => void): Promise<TrainingRun>;
  /**
   * Whether no retrain has started since `slot`, apart from interrupted runs; false also while there are no runs and no
   * users to learn from.
   */
  isDue(slot: number): Promise<boolean>;
  cancel(runId: string): Promise<boolean>;
  currentRun(): TrainingRun | null;
  findRun(runId: string): Promise<TrainingRun | null>;
  runs(first: number): Promise<TrainingRun[]>;
}

export interface ModelPort {
  activeVersion(): number | null;
  model(version: number): Promise<ModelVersion | null>;
  models(first: number): Promise<ModelVersion[]>;
  /** Activates a kept version; also used for rollback. Throws ModelNotFoundError, CorruptModelError. */
  activate(version: number): Promise<ModelVersion>;
}

export interface AlertPort {
  /** Newest first. */
  alerts(options: { first: number; isAcknowledged?: boolean }): Promise<Alert[]>;
  alert(alertId: string): Promise<Alert | null>;
  /** Null if there is no such alert; later acknowledgements do not replace the first. */
  acknowledge(alertId: string, by: string): Promise<Alert | null>;
}

export interface DriftPort {
  /** The latest report; null before the first. */
  report(): Promise<DriftReport | null>;
  /** Whether no version has been trained and no drift measured since this instant; false before the first training. */
  isDue(slot: number): Promise<boolean>;
  /**
   * Measures drift now. Null before the first training; throws AlreadyRunningError while it runs elsewhere.
   */
  check(signal?: AbortSignal): Promise<DriftReport | null>;
}

export interface AnalyticsPort {
  /**
   * Throws InvalidInputError for a range that ends before it begins, has too many points, or asks for minutes that have
   * expired.
   */
  report(range: {
    from?: number | null;
    to?: number | null;
    grain?: MetricGrain | null;
  }): Promise<AnalyticsReport>;
  live(): Promise<LiveRates>;
  /** The users of the active model in the plane; null before the first training. */
  clusterMap(): ClusterMap | null;
  /** Counts since this instance started; null while differential privacy is on. */
  totals(): { events: number; thumbs: number; impressions: number; activeUsers: number } | null;
  /** Records that a list was pushed `latencyMs` milliseconds after its cause. */
  recordPush(latencyMs: number): void;
}

export interface PrivacyPort {
  /** True while differential privacy is on. */
  readonly isEnabled: boolean;
  /**
   * The number of users of a persona in a version and its share of all users, with noise, as published once for that
   * version; null until published, and while differential privacy is off.
   */
  personaSize(version: number, personaId: string): Promise<{ size: number; share: number } | null>;
}

export interface Services {
  readonly catalogue: CataloguePort;
  readonly users: UserPort;
  readonly demo: DemoPort;
  readonly tokens: TokenPort;
  readonly userData: UserDataPort;
  readonly personas: PersonaPort;
  readonly corrections: CorrectionPort;
  readonly recommendations: RecommendationPort;
  readonly feedback: FeedbackPort;
  readonly events: EventPort;
  readonly training: TrainingPort;
  readonly models: ModelPort;
  readonly alerts: AlertPort;
  readonly drift: DriftPort;
  readonly analytics: AnalyticsPort;
  readonly privacy: PrivacyPort;
}
