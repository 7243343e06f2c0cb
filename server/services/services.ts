/**
 * Service interfaces for the API, the jobs and the command line: an interface per stage, and use cases that span
 * several stages. `app` builds the implementations and passes them on as a single `Services`.
 *
 * User ids are pseudonyms everywhere. Services do not authorise: that is the caller's task.
 */

import type {
  AccountRole,
  Alert,
  AlertThresholds,
  AnalyticsMark,
  AnalyticsReport,
  AnalyticsTotals,
  AuditAction,
  AuditActor,
  AuditEntry,
  BehaviourEvent,
  ClusterMap,
  Counterfactual,
  DriftReport,
  ErasureReceipt,
  EventType,
  Exclusion,
  Facet,
  FeatureComparison,
  Feedback,
  ImportRecord,
  Item,
  ItemFigures,
  LiveRates,
  MetricGrain,
  ModelVersion,
  Opinion,
  Persona,
  PersonaAssignment,
  PersonaEvidence,
  PersonaEvolution,
  PersonaRecord,
  PublishableKey,
  ReceivedEvent,
  RecommendationFilter,
  RecommendationList,
  RecordedEventType,
  ThresholdChange,
  TrainingRun,
  User,
  UserData,
  Viewer,
  Webhook,
  WebhookDelivery,
  WebhookEvent,
} from '../domain/index.js';
import type {
  DatasetInfo,
  Page,
  PageRequest,
  Revocation,
  RevocationSubject,
  TokenRecord,
  UserFilter,
} from '../store/index.js';

export type { Revocation, RevocationSubject, TokenRecord } from '../store/index.js';

export type ItemPatch = Partial<Pick<Item, 'title' | 'category' | 'tags' | 'isAvailable'>>;

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
  /** Changes fields of an item; null if the catalogue does not have it. */
  updateItem(itemId: string, patch: ItemPatch): Promise<Item | null>;
}

export interface UserPort {
  find(userId: string): Promise<User | null>;
  findMany(userIds: readonly string[]): Promise<User[]>;
  users(page: PageRequest & UserFilter): Promise<Page<User>>;
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
  /** Notes the use of a token without a user, in the background. */
  noteUse(token: RevocableToken): void;
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

/** A visitor of a site whose page uses a publishable key. */
export interface Guest {
  readonly keyId: string;
  /** The pseudonym of the visitor's session. */
  readonly userId: string;
}

/** A new key; the key itself is not stored. */
export interface CreatedKey {
  readonly key: string;
  readonly info: PublishableKey;
}

export interface PublishableKeyPort {
  /** The origins of all keys. Kept in memory. */
  readonly origins: readonly string[];
  /**
   * The guest of a credential, a key, a dot and the id of a session; null if it is malformed, the key unknown, or the
   * page not of an origin of the key. Reads from memory.
   */
  guest(credential: string, origin: string | null): Guest | null;
  /** False once the key is revoked. Reads from memory. */
  isOpen(keyId: string): boolean;
  /** Newest first. */
  keys(): Promise<PublishableKey[]>;
  /** Throws InvalidInputError for a label or an origin that breaks a rule, and for too many keys. */
  create(label: string, origins: readonly string[]): Promise<CreatedKey>;
  /** Every instance refuses the key within a second. Returns false if there is no such key. */
  revoke(keyId: string): Promise<boolean>;
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
  /** The user's facets, largest first; empty with fewer than five likes, and before the first training. */
  facets(userId: string): Promise<Facet[]>;
  /**
   * The list of a user under a kept version, for administrators: nothing is counted or remembered. Throws
   * ModelNotFoundError, CorruptModelError.
   */
  preview(request: {
    userId: string;
    version: number;
    first: number;
    filter?: RecommendationFilter | null;
    diversity?: number;
  }): Promise<RecommendationList>;
  /** Reads the data for many users' lists in few queries; the lists themselves are requested separately. */
  preload(userIds: readonly string[]): Promise<void>;
  /**
   * Ids of the items on offer whose opinions say most about a user's taste, most informative first, without the items
   * that the user has met; null: of nobody in particular.
   */
  onboardingItems(request: { userId: string | null; first: number }): Promise<string[]>;
  /** Like `recommend`, for a list that is delivered to its user: counts its items as shown, once per list. */
  show(request: Parameters<RecommendationPort['recommend']>[0]): Promise<RecommendationList>;
  /** Counts the items of a delivered list as shown, once per list. */
  countShown(list: RecommendationList): void;
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

/** Outcome of the latest runs, on any instance. */
export interface TrainingSummary {
  readonly latestState: TrainingRun['state'] | null;
  /** When the latest successful run ended, ms since the epoch. */
  readonly succeededAt: number | null;
  /** Duration of the latest successful run. */
  readonly durationMs: number | null;
  /** Stored versions that the promotion gate has held back. */
  readonly nHeld: number;
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
  summary(): Promise<TrainingSummary>;
  /** When the schedule starts the next run, ms since the epoch; null without a schedule. */
  nextRunAt(): number | null;
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

/** How events arrive at this instance. */
export interface Ingestion {
  /** When the instance began to count, ms since the epoch. */
  readonly since: number;
  /** Events received since; null while differential privacy is on. */
  readonly received: number | null;
  /** Median milliseconds from the time of an event to its arrival; null without events and under privacy. */
  readonly medianLagMs: number | null;
  /** Recorded events with an item that was not in the catalogue. */
  readonly unknownItemEvents: number;
  /** True while differential privacy withholds single events. */
  readonly isWithheld: boolean;
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
  /** Sums over the span of the same length before this one; null if its points are no longer kept. */
  previousTotals(span: Pick<AnalyticsReport, 'from' | 'to' | 'grain'>): Promise<AnalyticsTotals | null>;
  /** Retrains, activations, roll-backs and imports in a span, in order of time. */
  marks(span: Pick<AnalyticsReport, 'from' | 'to'>): Promise<AnalyticsMark[]>;
  /** What happened to these items, in their order; null while differential privacy is on. */
  itemFigures(itemIds: readonly string[]): Promise<ItemFigures[] | null>;
  /**
   * Events, newest first: of a user, from the record; of all users, the latest that this instance has received. Throws
   * WithheldError while differential privacy is on.
   */
  events(request: {
    userId: string | null;
    type: RecordedEventType | null;
    first: number;
  }): Promise<ReceivedEvent[]>;
  ingestion(): Promise<Ingestion>;
  live(): Promise<LiveRates>;
  /** A sample of the users of the active model in the plane; null before the first training. */
  clusterMap(): ClusterMap | null;
  /** Counts since this instance started; null while differential privacy is on. */
  totals(): { events: number; thumbs: number; impressions: number; activeUsers: number } | null;
  /** Records that a list was pushed `latencyMs` milliseconds after its cause. */
  recordPush(latencyMs: number): void;
  /** Records an answered request. */
  recordRequest(): void;
  /** Records that a request failed on the server. */
  recordFault(): void;
}

export interface ImportsPort {
  /** Finished imports of files, newest first. */
  imports(first: number): Promise<ImportRecord[]>;
}

/** Steps of setting up an installation. */
export interface SetupSteps {
  readonly hasEvents: boolean;
  readonly hasItems: boolean;
  readonly hasModel: boolean;
  /** Null while differential privacy is on. */
  readonly hasThumb: boolean | null;
}

export interface SetupPort {
  steps(): Promise<SetupSteps>;
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

export interface AccountInfo {
  readonly name: string;
  readonly role: AccountRole;
  readonly createdAt: number;
  readonly lastSignInAt: number | null;
  /** False until the link of the invitation is used. */
  readonly hasPassword: boolean;
}

/** A link that sets a password, valid once. */
export interface InvitationLink {
  /** Path and query on this server. */
  readonly path: string;
  readonly expiresAt: number;
}

/** A session whose account exists. */
export interface OpenSession {
  /** SHA-256 of its id. */
  readonly idHash: string;
  /** The name of the account. */
  readonly name: string;
  readonly role: AccountRole;
  readonly expiresAt: number;
}

export interface SignedIn {
  /** For the cookie; it is not stored. */
  readonly sessionId: string;
  readonly name: string;
  readonly role: AccountRole;
  readonly expiresAt: number;
}

/** Accounts of administrators and viewers. Every instance follows a change within a second. */
export interface AccountPort {
  /** The open session with the id of a cookie; null if it is unknown or has ended. */
  session(sessionId: string): Promise<OpenSession | null>;
  /** Whether the session is still open and its account has the same role. Reads from memory. */
  isOpen(session: OpenSession): boolean;
  /** Begins a session. Throws WrongPasswordError, after the same time for an unknown name. */
  signIn(name: string, password: string): Promise<SignedIn>;
  signOut(sessionId: string): Promise<void>;
  /** Ordered by name. */
  accounts(): Promise<AccountInfo[]>;
  /** An account without a password, and the link that sets it. Throws InvalidInputError, AccountExistsError. */
  create(name: string, role: AccountRole): Promise<InvitationLink>;
  /** A link that sets a new password; earlier links of the account become invalid. Throws AccountNotFoundError. */
  invite(name: string): Promise<InvitationLink>;
  /** The link for the first administrator; null if there are accounts. */
  inviteFirst(): Promise<InvitationLink | null>;
  /** Whom a link is for; a null name is for the first administrator to choose. Null if the link is not valid. */
  invitation(code: string): Promise<{ name: string | null } | null>;
  /**
   * Uses a link: sets the password, ends the sessions of the account and begins a new one. `name` counts for the first
   * administrator only. Throws InvitationInvalidError, InvalidInputError.
   */
  redeem(code: string, name: string, password: string): Promise<SignedIn>;
  /** Ends the sessions of the account and begins a new one. Throws WrongPasswordError, InvalidInputError. */
  changePassword(name: string, current: string, next: string): Promise<SignedIn>;
  /** Throws AccountNotFoundError, LastAdminError. */
  changeRole(name: string, role: AccountRole): Promise<AccountInfo>;
  /** Ends its sessions too. Throws AccountNotFoundError, LastAdminError. */
  delete(name: string): Promise<void>;
}

export interface AuditPort {
  /** Never throws: the change is already made. */
  record(entry: Omit<AuditEntry, 'entryId' | 'at'>): Promise<void>;
  /** Runs a change and records how it ended. `about`: what only the result tells. */
  run<T>(
    entry: { readonly actor: AuditActor; readonly action: AuditAction; readonly target: string | null },
    work: () => Promise<T>,
    about?: (result: T) => Partial<Pick<AuditEntry, 'target' | 'outcome'>>,
  ): Promise<T>;
  /** Newest first. */
  entries(page: PageRequest): Promise<Page<AuditEntry>>;
}

/** The next start of a job by its schedule. */
export interface Schedule {
  readonly job: 'retrain' | 'drift';
  /** Five cron fields. */
  readonly cron: string;
  /** An IANA time zone. */
  readonly timeZone: string;
  readonly nextRunAt: number | null;
}

export interface WebhookState extends Webhook {
  /** The latest, newest first. */
  readonly deliveries: readonly WebhookDelivery[];
}

/** A new webhook; its secret is not stored. */
export interface CreatedWebhook {
  readonly webhook: WebhookState;
  /** `whsec_` and 32 bytes in base64. */
  readonly secret: string;
}

export interface WebhookPort {
  /** Newest first. */
  webhooks(): Promise<WebhookState[]>;
  /** Throws InvalidInputError for a URL that may not be used, for no events, and for too many webhooks. */
  create(url: string, events: readonly WebhookEvent[]): Promise<CreatedWebhook>;
  /** Deletes its deliveries too. Returns false if there is no such webhook. */
  delete(webhookId: string): Promise<boolean>;
  /** Sends a message at once, without retries; resolves with the result. Null if there is no such webhook. */
  test(webhookId: string): Promise<WebhookDelivery | null>;
}

/** The settings in force. */
/** The item side of the active model, compressed. */
export interface ItemSideFile {
  readonly version: number;
  readonly bytes: Uint8Array;
  /** A strong validator: the same file has the same tag on every instance. */
  readonly etag: string;
}

export interface ItemSidePort {
  /** At most a minute behind the catalogue. Rejects with NoActiveModelError before the first training. */
  file(): Promise<ItemSideFile>;
}

export interface SettingsPort {
  /** Whether the item side of the model is published, for ranking on the user's device. */
  readonly hasPrivateMode: boolean;
  schedules(): Schedule[];
  thresholds(): Promise<AlertThresholds>;
  changeThresholds(change: ThresholdChange): Promise<AlertThresholds>;
}

export interface Services {
  readonly settings: SettingsPort;
  readonly webhooks: WebhookPort;
  readonly accounts: AccountPort;
  readonly audit: AuditPort;
  readonly catalogue: CataloguePort;
  readonly users: UserPort;
  readonly demo: DemoPort;
  readonly tokens: TokenPort;
  readonly publishableKeys: PublishableKeyPort;
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
  readonly imports: ImportsPort;
  readonly setup: SetupPort;
}
