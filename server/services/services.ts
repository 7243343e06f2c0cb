/**
 * What the API, the jobs and the command line may ask of the system: one interface per stage, and the use cases
 * that walk several stages. `app` builds the implementations and hands them out as one `Services`.
 * User ids are pseudonyms everywhere. Authorisation is the caller's: these do what they are told.
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
  /** Rises whenever this instance has read items that changed: what was made of them before is stale. */
  readonly generation: number;
  /** Whether an item came, changed or went after this generation. */
  hasChangedSince(itemId: string, generation: number): boolean;
  item(itemId: string): Promise<Item | null>;
  itemsById(itemIds: readonly string[]): Promise<Item[]>;
  /** `search`: each of its words must begin a word of the title. Throws InvalidInputError beyond 100 characters or 8 words. */
  items(page: PageRequest & { category?: string | null; search?: string | null }): Promise<Page<Item>>;
  categories(): Promise<string[]>;
  /** Items on offer by the cosine on the embeddings of the active model, best first; none for an item it does not know. Throws ItemNotFoundError. */
  similarItems(itemId: string, first: number): Promise<{ itemId: string; similarity: number }[]>;
  /** Rows that break a rule are reported with their index; the others land. */
  importItems(items: readonly Item[]): Promise<{ inserted: number; updated: number; unchanged: number }>;
}

export interface UserPort {
  find(userId: string): Promise<User | null>;
  findMany(userIds: readonly string[]): Promise<User[]>;
  users(page: PageRequest & { personaId?: string | null }): Promise<Page<User>>;
  /** Synthetic users, in the order of ids. */
  demoUsers(first: number): Promise<User[]>;
  /** The latest thumbs of each of these users, newest first. */
  feedbackOf(userIds: readonly string[]): Promise<Map<string, Feedback[]>>;
  dataset(): Promise<DatasetInfo>;
}

export interface DemoPort {
  /** True while anybody may sign in as a synthetic user. Kept in memory. */
  readonly isOpen: boolean;
  /** Counts a user with a demo token as synthetic, also after an erasure. */
  admit(userId: string): void;
}

/** What a revocation is decided by. */
export interface RevocableToken {
  /** The `jti`; null where the token has none. */
  readonly tokenId: string | null;
  /** Milliseconds since the epoch; 0 where the token does not say. */
  readonly issuedAt: number;
  readonly viewer: Viewer;
}

export interface SignedTokenInfo extends TokenRecord {
  /** Milliseconds since the epoch; null while the token holds. */
  readonly revokedAt: number | null;
}

export interface TokenPort {
  /** Looked up in memory. */
  isRevoked(token: RevocableToken): boolean;
  /** Call before a signed token is handed out. */
  record(token: TokenRecord): Promise<void>;
  /** Signed tokens that have not expired, newest first. */
  tokens(first: number): Promise<SignedTokenInfo[]>;
  /**
   * Revokes one token by its id, known here or not, or all tokens of a user or of a role that were issued before now.
   * Every instance refuses them within a second and closes their sockets. Throws InvalidInputError for an empty id.
   */
  revoke(subject: RevocationSubject): Promise<Revocation>;
}

export interface UserDataPort {
  /** Everything held about a user; null when nothing is. */
  export(userId: string): Promise<UserData | null>;
  /** How much of each kind an erasure would remove now; null when there is nothing. Changes nothing. */
  erasable(userId: string): Promise<Readonly<Record<string, number>> | null>;
  /** Removes it from every collection, every memory and every open window; null when there was nothing. */
  erase(userId: string): Promise<ErasureReceipt | null>;
}

export interface PersonaPort {
  /** Personas of the active model; empty before the first training. */
  personas(): Persona[];
  persona(personaId: string): Persona | null;
  /** Up to `first` steps of each of these users, newest first. */
  histories(userIds: readonly string[], first: number): Promise<Map<string, PersonaRecord[]>>;
  rename(personaId: string, label: string): Promise<Persona>;
  /** Between two versions; by default the active one and its parent. Null when there are no two such versions. */
  evolution(fromVersion?: number | null, toVersion?: number | null): Promise<PersonaEvolution | null>;
}

export interface CorrectionPort {
  /**
   * The persona a user names, until withdrawn with null; null when behaviour then says too little. Throws
   * PersonaNotFoundError, NoActiveModelError.
   */
  correct(userId: string, personaId: string | null): Promise<PersonaAssignment | null>;
  /** The user's behavioural features in plain units; empty before the first training and for a user without events. */
  behaviour(userId: string): Promise<{ feature: string; value: number }[]>;
  /** How many signals the user has given, and how many a persona needs. */
  evidence(userId: string): Promise<PersonaEvidence>;
  /** What sets this persona apart: the user beside its users and beside everybody; empty for an unknown persona. */
  comparison(userId: string, personaId: string): Promise<FeatureComparison[]>;
}

export interface RecommendationPort {
  /** Never fails for an unknown user: that is a cold start. Throws NoActiveModelError before the first training. */
  recommend(request: {
    userId: string;
    first: number;
    filter?: RecommendationFilter | null;
    /** 0 ranks by score alone, 1 by difference from what stands above. */
    diversity?: number;
    /** Why an item is not listed again; null or left out: as the settings say. Dislikes are never listed. */
    exclude?: readonly Exclusion[] | null;
  }): Promise<RecommendationList>;
  /** Reads what the lists of many users need in few queries; the lists themselves are asked for one by one. */
  preload(userIds: readonly string[]): Promise<void>;
  /** The same on its way to its user: its items count as shown, once per list. */
  show(request: Parameters<RecommendationPort['recommend']>[0]): Promise<RecommendationList>;
  /** What would be if the user had never dealt with one item; null when either item plays no part. */
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
  /** Writes, folds in, ranks, pushes. Acknowledged means written by a majority. */
  submit(request: {
    userId: string;
    itemId: string;
    value: Opinion;
    listId: string | null;
    position?: number | null;
  }): Promise<FeedbackOutcome>;
}

/** An event as a caller sends it: no id yet, and the time may be left out (now). */
export interface NewEvent {
  readonly type: EventType;
  /** A pseudonym; null where the sender names nobody, which is refused. */
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
  /** Position in the request. */
  readonly index: number;
  readonly status: 'recorded' | 'duplicate' | 'rejected';
  readonly reason: string | null;
  /** The row is kept, and names an item that the catalogue does not have. */
  readonly isUnknownItem: boolean;
}

export interface EventPort {
  /** Good rows land, bad rows are reported one by one. */
  record(events: readonly NewEvent[]): Promise<EventOutcome[]>;
  history(userId: string): Promise<BehaviourEvent[]>;
}

export interface TrainingPort {
  /** Starts a retrain and returns at once. Throws AlreadyRunningError naming who runs it and since when. */
  start(trigger: TrainingRun['trigger']): Promise<TrainingRun>;
  /** Starts a retrain and resolves when it has ended, successfully or not. */
  run(trigger: TrainingRun['trigger'], onProgress?: (run: TrainingRun) => void): Promise<TrainingRun>;
  /** Whether nothing has been run since this instant that counts for it; false also while there is nobody to learn from. */
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
  /** Also the way back: any kept version may be activated. Throws ModelNotFoundError, CorruptModelError. */
  activate(version: number): Promise<ModelVersion>;
}

export interface AlertPort {
  /** Newest first. */
  alerts(options: { first: number; isAcknowledged?: boolean }): Promise<Alert[]>;
  alert(alertId: string): Promise<Alert | null>;
  /** Null when there is no such alert; the first acknowledgement stays. */
  acknowledge(alertId: string, by: string): Promise<Alert | null>;
}

export interface DriftPort {
  /** The latest report; null before the first one. */
  report(): Promise<DriftReport | null>;
  /** Whether nothing has been trained or measured since this instant; false before the first training. */
  isDue(slot: number): Promise<boolean>;
  /** Measures anew. Null before the first training; throws AlreadyRunningError while another instance does it. */
  check(signal?: AbortSignal): Promise<DriftReport | null>;
}

export interface AnalyticsPort {
  /** Throws InvalidInputError for a range that ends before it begins, has too many points, or minutes that are gone. */
  report(range: {
    from?: number | null;
    to?: number | null;
    grain?: MetricGrain | null;
  }): Promise<AnalyticsReport>;
  live(): Promise<LiveRates>;
  /** The users of the active model in the plane; null before training. */
  clusterMap(): ClusterMap | null;
  /** What this instance counted since it started; null while differential privacy is on. */
  totals(): { events: number; thumbs: number; impressions: number; activeUsers: number } | null;
  /** A list was pushed so many milliseconds after its cause. */
  recordPush(latencyMs: number): void;
}

export interface PrivacyPort {
  /** True while differential privacy is on. */
  readonly isEnabled: boolean;
  /**
   * How many users a persona of a version has and its share of all of them, with noise, as published once for that
   * version; null while nothing of it is published, and while differential privacy is off.
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
