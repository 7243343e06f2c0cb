/**
 * Stage 2: the interfaces of the record. `mongo/` implements them over mongoose, `memory/` for tests; a contract suite
 * per interface runs on both. Verbs: append, find (may be null), get (throws), replace. Every method rejects with
 * DatabaseUnavailableError when the database does not answer in time.
 */

import type {
  Account,
  AccountSession,
  Alert,
  AlertThresholds,
  AuditEntry,
  BehaviourEvent,
  DriftReport,
  Feedback,
  ImportRecord,
  Invitation,
  Item,
  ItemCounts,
  MetricBucket,
  ModelStatus,
  ModelVersion,
  PersonaAssignment,
  PersonaRecord,
  Profile,
  PublishableKey,
  ThresholdChange,
  TokenRole,
  TrainingRun,
  User,
  Webhook,
  WebhookDelivery,
} from '../domain/index.js';

/** Which users are listed; all by default. */
export interface UserFilter {
  readonly personaId?: string | null;
  readonly isSynthetic?: boolean;
  /** Beginning of the pseudonym, in lower case. */
  readonly idPrefix?: string | null;
}

/** Request for a page of a listing in ascending id order. `after` is the last id of the page before. */
export interface PageRequest {
  readonly first: number;
  readonly after: string | null;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly hasNextPage: boolean;
}

export interface ItemRepository {
  /** Upserts; repeating the same rows changes nothing. */
  replaceMany(items: readonly Item[]): Promise<{ inserted: number; updated: number; unchanged: number }>;
  find(itemId: string): Promise<Item | null>;
  /** Missing ids are skipped; the order is undefined. */
  findMany(itemIds: readonly string[]): Promise<Item[]>;
  list(page: PageRequest & { category?: string | null }): Promise<Page<Item>>;
  /** Streams every item in ascending id order. */
  streamAll(): AsyncIterable<readonly Item[]>;
  count(): Promise<number>;
  categories(): Promise<string[]>;
  deleteAll(): Promise<void>;
}

export interface UserRepository {
  /** Creates missing users; existing users are unchanged. Returns the number created. */
  ensure(users: readonly Pick<User, 'userId' | 'locale' | 'createdAt' | 'isSynthetic'>[]): Promise<number>;
  find(userId: string): Promise<User | null>;
  findMany(userIds: readonly string[]): Promise<User[]>;
  list(page: PageRequest & UserFilter): Promise<Page<User>>;
  /**
   * Sets persona and event count of many users. Deleted users are not recreated.
   *
   * - `unlessVersion`: skips users whose persona was already assigned by that version.
   * - `isCorrection`: the user's own choice, on disk when this resolves.
   *
   * A persona chosen by the user is replaced under the same version only by a new choice or an `isCorrection`; null
   * removes a persona, but a chosen persona only with `isCorrection`. Without either option, a user with a higher
   * stored event count is skipped: that count was based on newer data.
   */
  assignPersonas(
    rows: readonly { userId: string; persona: PersonaAssignment | null; eventCount: number }[],
    options?: { unlessVersion?: number; isCorrection?: boolean },
  ): Promise<void>;
  /** Streams the persona of every user, in batches, in no order. */
  streamPersonas(): AsyncIterable<readonly Pick<User, 'userId' | 'persona' | 'eventCount'>[]>;
  /** Ids of all users, in no order. */
  listIds(): Promise<string[]>;
  count(): Promise<number>;
  delete(userId: string): Promise<number>;
  deleteAll(): Promise<void>;
  /** Ids of users deleted from now on, by any instance; null if the server has no change streams. */
  watchDeleted(options: { signal: AbortSignal }): AsyncIterable<string> | null;
}

/** A bucket of the record, at most 500 events: a user's ISO week, or a packed history that begins in that week. */
export interface ActivityBucket {
  readonly userId: string;
  /** ISO week, e.g. "2026-W07". */
  readonly week: string;
  readonly part: number;
  readonly events: readonly BehaviourEvent[];
}

export interface AppendOptions {
  readonly fresh?: boolean;
  readonly bulk?: boolean;
  readonly derived?: boolean;
}

/** A mark: the derived data of these users may lag behind the record. */
export interface PendingMark {
  readonly markId: string;
  readonly userIds: readonly string[];
  /** Whether a bulk load wrote it, which takes long to apply its events. */
  readonly isBulk: boolean;
}

export interface ActivityRepository {
  /**
   * Appends events idempotently by `event.id` and marks the users as pending until `markApplied`. Returns the new
   * events, in the given order.
   *
   * - `fresh`: no event of these users is stored yet (a first bulk import); skips the look-ups. Also marks as `bulk`.
   * - `bulk`: writes the mark with `isBulk`.
   * - `derived`: the events follow from thumbs that stay pending in `feedback` until they are applied; writes no mark
   *   and does not wait for the disk.
   */
  append(events: readonly BehaviourEvent[], options?: AppendOptions): Promise<BehaviourEvent[]>;
  /** All events of a user in ascending time, ties by id. */
  findByUser(userId: string): Promise<BehaviourEvent[]>;
  /** The events of these users before an instant (ms), in ascending time, ties by id; users in no order. */
  findBefore(userIds: readonly string[], before: number): Promise<BehaviourEvent[]>;
  /** Streams the events of every user, users in ascending id. */
  streamByUser(): AsyncIterable<{ userId: string; events: BehaviourEvent[] }>;
  /** Pending users: their derived data may lag behind the record. */
  findPendingUsers(): Promise<string[]>;
  /** Marks of other processes, running or not. */
  findForeignMarks(): Promise<PendingMark[]>;
  /** Adopts marks of other processes, so that `markApplied` clears them. */
  adoptMarks(marks: readonly PendingMark[]): void;
  /**
   * Clears the marks of these users that this process made or adopted. The caller must ensure that no append of this
   * process for these users runs between applying and this call.
   */
  markApplied(userIds: readonly string[]): Promise<void>;
  countEvents(): Promise<number>;
  deleteByUser(userId: string): Promise<number>;
  /** Deletes pending marks too. */
  deleteAll(): Promise<void>;
}

export interface ProfileRepository {
  find(userId: string): Promise<Profile | null>;
  findMany(userIds: readonly string[]): Promise<Profile[]>;
  /**
   * Writes profiles whose stored revision is still `expectedRevision` (0: not stored yet). Returns the ids refused
   * because a concurrent writer was first. Stored profiles are on disk when this resolves.
   */
  replaceMany(rows: readonly { profile: Profile; expectedRevision: number }[]): Promise<string[]>;
  /** Streams every profile, in batches, in no order. */
  streamAll(): AsyncIterable<readonly Profile[]>;
  /** Approximate, from the database's metadata. */
  count(): Promise<number>;
  delete(userId: string): Promise<number>;
  deleteAll(): Promise<void>;
}

export interface FeedbackRepository {
  /**
   * Stores a thumb, acknowledged by a majority and on disk: sets the latest opinion, raises `seq`, and marks it pending
   * unless it says nothing. Returns the stored opinion. An opinion equal to the stored value is not written again: then
   * `stored` is `previous`, with its original list and position, under which it was counted. `unapplied`: the pending
   * thumbs that it replaces, in ascending `seq`.
   */
  submit(
    feedback: Omit<Feedback, 'seq'>,
  ): Promise<{ stored: Feedback; previous: Feedback | null; unapplied: readonly Feedback[] }>;
  findByUser(userId: string): Promise<Feedback[]>;
  /** In no order. */
  findByUsers(userIds: readonly string[]): Promise<Feedback[]>;
  /**
   * Acknowledged thumbs that may be missing in activity and profile, including opinions replaced before they were
   * applied. Thumbs of a user on the same item are in ascending `seq`.
   */
  findPending(): Promise<Feedback[]>;
  /** Pending thumbs of these users. */
  findPendingByUsers(userIds: readonly string[]): Promise<Feedback[]>;
  /**
   * Clears the pending mark of these thumbs and of earlier thumbs of the same user on the same item. Their events in
   * the activity record must be on disk.
   */
  markApplied(rows: readonly Pick<Feedback, 'userId' | 'itemId' | 'seq'>[]): Promise<void>;
  count(): Promise<number>;
  deleteByUser(userId: string): Promise<number>;
  /**
   * Thumbs from now on (or after `resumeToken`); may leave out this instance's own. Null if the server has no change
   * streams.
   */
  watch(
    options: WatchOptions & { readonly resumeToken?: unknown },
  ): AsyncIterable<{ feedback: Feedback; resumeToken: unknown }> | null;
}

/** A named binary part of a model version. */
export interface ModelPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Published number of users of a persona. */
export interface PersonaSize {
  readonly personaId: string;
  readonly size: number;
}

export interface ModelRepository {
  /** Takes the next version number and stores the document with status "building". */
  create(
    model: Omit<ModelVersion, 'version' | 'status' | 'activatedAt' | 'activation' | 'reassignedAt'>,
  ): Promise<number>;
  /** Stores parts, cut into chunks below 8 MB, each with a checksum. */
  putParts(version: number, parts: readonly ModelPart[]): Promise<void>;
  /** Replaces a stored part by bytes of the same length. The only change to a sealed version, used for erasure. */
  replacePart(version: number, part: ModelPart): Promise<void>;
  /** Throws CorruptModelError when a chunk is missing or its checksum differs. */
  getParts(version: number): Promise<Map<string, Uint8Array>>;
  /** Moves a version from building to ready, candidate or failed; may set further fields in the same write. */
  seal(
    version: number,
    status: Extract<ModelStatus, 'ready' | 'candidate' | 'failed'>,
    patch?: Partial<ModelVersion>,
  ): Promise<void>;
  /** Sets metadata of a version; never the model itself. */
  update(version: number, patch: Partial<Pick<ModelVersion, 'timingsMs' | 'reassignedAt'>>): Promise<void>;
  /**
   * Flips the pointer to `version` if it still points at `expectedActive` (null: at nothing) and, when `fence` is
   * given, only while the lease `fence.job` still has `fence.token`. Returns the activation number, from 1, always
   * rising; null when a concurrent activation won.
   */
  activate(
    version: number,
    expectedActive: number | null,
    at: number,
    fence?: { job: string; token: number },
  ): Promise<number | null>;
  findActiveVersion(): Promise<number | null>;
  find(version: number): Promise<ModelVersion | null>;
  /** Newest first. */
  list(limit: number): Promise<ModelVersion[]>;
  /**
   * Stores the persona sizes of a version as published under differential privacy. Returns the stored sizes: these, or
   * the ones stored before.
   */
  publishSizes(version: number, sizes: readonly PersonaSize[]): Promise<readonly PersonaSize[]>;
  /** Published sizes; null if not published. */
  publishedSizes(version: number): Promise<readonly PersonaSize[] | null>;
  /** Changes the shown label of a persona in a version. */
  renamePersona(version: number, personaId: string, label: string): Promise<void>;
  /** Removes parts and documents of these versions, except the active version. */
  prune(versions: readonly number[]): Promise<void>;
  /** Pointer flips from now on; null if the server has no change streams. */
  watchActive(options: { signal: AbortSignal }): AsyncIterable<number> | null;
}

/**
 * A persona move within a version. Its identity is the user, the start of the replaced persona (null if none) and the
 * new persona.
 */
export interface PersonaMove extends PersonaRecord {
  readonly replacedSince: number | null;
}

export interface PersonaHistoryRepository {
  /** Moves already stored are unchanged. */
  appendMany(moves: readonly PersonaMove[]): Promise<void>;
  /** Stores the personas of all users under a version, users in ascending id; replaces the same step if stored. */
  replaceVersion(
    step: { version: number; at: number },
    rows: readonly Omit<PersonaRecord, 'version' | 'at' | 'cause'>[],
  ): Promise<void>;
  /** Newest first, without moves that change nothing. */
  findByUser(userId: string, limit: number): Promise<PersonaRecord[]>;
  /** Up to `limit` of each user, newest first. */
  findByUsers(userIds: readonly string[], limit: number): Promise<PersonaRecord[]>;
  /** For every user with a record in both versions: counts by (from persona, to persona). */
  transitions(fromVersion: number, toVersion: number): Promise<{ from: string; to: string; count: number }[]>;
  deleteByUser(userId: string): Promise<number>;
  deleteByVersions(versions: readonly number[]): Promise<void>;
}

/** Live figures that an instance publishes to the other instances a few times a minute. */
export interface LiveBeat {
  readonly instanceId: string;
  readonly at: number;
  /** HyperLogLog registers of the users active in the last minutes. */
  readonly activeSketch: Uint8Array;
  readonly thumbsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly impressionsPerSecond: number;
  readonly openSubscriptions: number;
  /** Pushes of the last minutes by class of latency. */
  readonly pushLatencies: readonly number[];
  /** Requests of the last minutes, and the requests among them that failed on the server. */
  readonly requests: number;
  readonly faults: number;
}

/** Epsilon spent on a day under differential privacy: on its hours, on the day itself, and on a model version. */
export interface EpsilonSpent {
  /** Start of the day, ms since the epoch. */
  readonly at: number;
  readonly hour: number;
  readonly day: number;
  readonly model: number;
}

export interface MetricRepository {
  /** Adds counters by `$inc` upserts; buckets with the same key in a call are summed. Buckets expire by their grain. */
  increment(buckets: readonly MetricBucket[]): Promise<void>;
  find(range: { grain: MetricBucket['grain']; from: number; to: number }): Promise<MetricBucket[]>;
  isEmpty(): Promise<boolean>;
  /** Clears counters that can be recomputed from the record (`counters`); `served` counters are kept. */
  clearRecorded(): Promise<void>;
  /** Stores buckets published under differential privacy; stored buckets are never changed. */
  publish(buckets: readonly MetricBucket[]): Promise<void>;
  findPublished(range: { grain: MetricBucket['grain']; from: number; to: number }): Promise<MetricBucket[]>;
  /** Raises the epsilon spent on each day to at least `epsilon`. */
  spendEpsilon(rows: readonly { at: number; grain: 'hour' | 'day'; epsilon: number }[]): Promise<void>;
  /**
   * Spends the model part of the day that starts at `at`, once and for a single version. Returns the version it was
   * spent on: this version, or an earlier caller's.
   */
  spendEpsilonOnModel(row: { at: number; version: number; epsilon: number }): Promise<number>;
  /** Days in [from, to) on which epsilon was spent. */
  epsilonSpent(from: number, to: number): Promise<EpsilonSpent[]>;
  /** Replaces the beat of an instance. */
  beat(beat: LiveBeat): Promise<void>;
  /** Beats since an instant. */
  beats(since: number): Promise<LiveBeat[]>;
  /** Deletes beats older than an instant. */
  pruneBeats(before: number): Promise<void>;
}

/** A recommendation list as shown. */
export interface ShownList {
  readonly listId: string;
  readonly userId: string;
  readonly at: number;
  /** In the order shown. */
  readonly itemIds: readonly string[];
}

export interface ShownListRepository {
  /** Lists already stored are unchanged. A list expires three days after it was shown. */
  append(lists: readonly ShownList[]): Promise<void>;
  /** Missing ids are skipped; the order is undefined. */
  findMany(listIds: readonly string[]): Promise<ShownList[]>;
  /** Lists of a user by the range of their ids (see `listIdPrefix`), which is fast; in no order. */
  findLately(userId: string): Promise<ShownList[]>;
  /** In no order. */
  findByUser(userId: string): Promise<ShownList[]>;
  deleteByUser(userId: string): Promise<number>;
}

/** Cache-invalidation notice to other instances; thumbs, versions, alerts and erasures have their own streams. */
export interface Notice {
  readonly kind: 'profiles' | 'catalogue' | 'personas' | 'dataset' | 'tokens' | 'keys' | 'accounts';
  /** Id of the publishing instance. */
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Users whose profiles changed; empty for the other kinds. */
  readonly userIds: readonly string[];
  /** Changed catalogue items; null for any item, and for the other kinds. */
  readonly itemIds: readonly string[] | null;
}

export interface NoticeRepository {
  append(notice: Notice): Promise<void>;
  /** Removes an erased user from stored notices. */
  forgetUser(userId: string): Promise<void>;
  /** Notices from now on; may leave out this instance's own. Null if the server has no change streams. */
  watch(options: WatchOptions): AsyncIterable<Notice> | null;
}

interface WatchOptions {
  readonly signal: AbortSignal;
  /** Called when the stream begins, and when it restarts and may have missed changes. */
  readonly onStart?: () => void;
}

export interface RunRepository {
  /** Returns true when cancellation was requested. */
  replace(run: TrainingRun): Promise<boolean>;
  /** Returns false unless the run is running. */
  requestCancel(runId: string): Promise<boolean>;
  find(runId: string): Promise<TrainingRun | null>;
  /** Newest first. */
  list(job: string, limit: number): Promise<TrainingRun[]>;
  /** Run updates from now on; null if the server has no change streams. */
  watch(options: { signal: AbortSignal }): AsyncIterable<TrainingRun> | null;
}

export interface Lease {
  readonly job: string;
  readonly owner: string;
  readonly acquiredAt: number;
  readonly expiresAt: number;
  /** Rises with every acquisition; a publish passes it and is refused when it is no longer current. */
  readonly fence: number;
}

export interface LeaseRepository {
  /** A single findOneAndUpdate. Null when the lease is held. */
  acquire(job: string, owner: string, leaseMs: number, now: number): Promise<Lease | null>;
  /** Returns false when the lease was lost. */
  renew(lease: Lease, leaseMs: number, now: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  find(job: string): Promise<Lease | null>;
}

export interface AlertRepository {
  /** Returns false when the alert is already stored, acknowledged or not. */
  raise(alert: Alert): Promise<boolean>;
  find(alertId: string): Promise<Alert | null>;
  /** Newest first. */
  list(options: { limit: number; isAcknowledged?: boolean }): Promise<Alert[]>;
  /** Only the first acknowledgement is stored. Null when there is no such alert. */
  acknowledge(alertId: string, by: string, at: number): Promise<Alert | null>;
  /** Ids of alerts raised from now on; null if the server has no change streams. */
  watch(options: { signal: AbortSignal }): AsyncIterable<string> | null;
}

export interface ItemFiguresRepository {
  /** Adds counts; rows of the same item are summed. Figures of items that leave the catalogue are kept. */
  increment(rows: readonly ItemCounts[]): Promise<void>;
  /** Items without figures are skipped; in no order. */
  findMany(itemIds: readonly string[]): Promise<ItemCounts[]>;
  /** Clears counters that can be recomputed from the record; served impressions are kept. */
  clearRecorded(): Promise<void>;
}

export interface ImportHistoryRepository {
  /** An import already stored is unchanged. */
  append(record: ImportRecord): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<ImportRecord[]>;
}

/** Stores the newest report only. */
/** Alert thresholds that differ from their defaults. */
export interface ThresholdRepository {
  find(): Promise<Partial<AlertThresholds>>;
  /** Sets the thresholds that are given; null removes one. Concurrent changes of different thresholds are all kept. */
  change(change: ThresholdChange): Promise<void>;
}

export interface DriftRepository {
  replace(report: DriftReport): Promise<void>;
  find(): Promise<DriftReport | null>;
}

/** A token signed by this product. The token itself is never stored. Instants are milliseconds since the epoch. */
export interface TokenRecord {
  /** The `jti` claim. */
  readonly tokenId: string;
  readonly role: TokenRole;
  /** Pseudonym of the user; null for a token without a user. */
  readonly userId: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What it is for, as its creator wrote; null for none. */
  readonly label: string | null;
  /** When a token without a user was last used, within a few minutes; null if never, and for tokens of users. */
  readonly lastUsedAt: number | null;
}

/** Signed tokens, each kept until it expires. */
export interface TokenRepository {
  append(token: TokenRecord): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<TokenRecord[]>;
  findByUser(userId: string): Promise<TokenRecord[]>;
  deleteByUser(userId: string): Promise<number>;
  /** Sets `lastUsedAt`, if the token is stored. */
  noteUse(tokenId: string, at: number): Promise<void>;
}

/** Subject of a revocation: a token by its id, or all tokens of a user or role issued before `at`. */
export type RevocationSubject =
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'role'; readonly id: TokenRole };

export type Revocation = RevocationSubject & {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** No revoked token is valid after this time, so the revocation can be deleted. */
  readonly expiresAt: number;
};

export interface RevocationRepository {
  /** Keeps the later revocation of the same subject. On disk when this resolves. */
  put(revocation: Revocation): Promise<void>;
  /** In no order. */
  list(): Promise<Revocation[]>;
}

export interface PublishableKeyRepository {
  /** On disk when this resolves. */
  append(key: PublishableKey): Promise<void>;
  /** Newest first. */
  list(): Promise<PublishableKey[]>;
  /** Returns false when there is no such key. On disk when this resolves. */
  delete(keyId: string): Promise<boolean>;
  /** Sets `lastUsedAt`, if the key is stored. */
  noteUse(keyId: string, at: number): Promise<void>;
}

/** Webhooks, and deliveries for seven days. */
export interface WebhookRepository {
  /** On disk when this resolves. */
  append(webhook: Webhook): Promise<void>;
  find(webhookId: string): Promise<Webhook | null>;
  /** Newest first. */
  list(): Promise<Webhook[]>;
  /** Deletes its deliveries too. Returns false when there is no such webhook. On disk when this resolves. */
  delete(webhookId: string): Promise<boolean>;
  /** Stores a delivery, unless one with its id is stored. */
  queue(delivery: WebhookDelivery): Promise<void>;
  /**
   * A pending delivery that is due, whose next attempt is moved to `until`; null when there is none. Of several
   * concurrent calls, one gets it.
   */
  claim(now: number, until: number): Promise<WebhookDelivery | null>;
  /** Replaces a stored delivery; one that was deleted stays deleted. */
  settle(delivery: WebhookDelivery): Promise<void>;
  /** Newest first. */
  deliveries(webhookId: string, limit: number): Promise<WebhookDelivery[]>;
}

/** Accounts by key, see `accountKey`. */
export interface AccountRepository {
  /** Returns false when the key is in use. On disk when this resolves. */
  append(account: Account): Promise<boolean>;
  find(key: string): Promise<Account | null>;
  /** Ordered by key. */
  list(): Promise<Account[]>;
  /** Null when there is no such account. On disk when this resolves. */
  update(
    key: string,
    patch: Partial<Pick<Account, 'role' | 'passwordHash' | 'passwordChangedAt' | 'lastSignInAt'>>,
  ): Promise<Account | null>;
  /** Returns false when there is no such account. */
  delete(key: string): Promise<boolean>;
}

/** Sessions of accounts, each kept until it expires. */
export interface SessionRepository {
  append(session: AccountSession): Promise<void>;
  find(idHash: string): Promise<AccountSession | null>;
  /** In no order. */
  list(): Promise<AccountSession[]>;
  delete(idHash: string): Promise<void>;
  /** Returns how many were deleted. */
  deleteByAccount(account: string): Promise<number>;
}

/** Invitations, each kept until it is used or expires. */
export interface InvitationRepository {
  append(invitation: Invitation): Promise<void>;
  find(codeHash: string): Promise<Invitation | null>;
  /** Removes and returns it; only one of several concurrent calls gets it. */
  take(codeHash: string): Promise<Invitation | null>;
  deleteByAccount(account: string | null): Promise<void>;
}

/** The audit log. Entries are never changed, except that an erased user is removed from them. */
export interface AuditRepository {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first; `after` is the id of the last entry of the page before. */
  list(page: PageRequest): Promise<Page<AuditEntry>>;
  /** Blanks the target of entries about an erased user. */
  forgetUser(userId: string): Promise<void>;
}

/** Small facts about the data set as a whole. */
export interface DatasetInfo {
  /** True while every row came from the synthesiser; the first real user or item sets it to false permanently. */
  readonly isSynthetic: boolean;
  readonly seed: number | null;
  /** Events with an item id missing from the catalogue. */
  readonly unknownItemEvents: number;
  /**
   * When the first start had loaded its data, ms since the epoch; null until then. Written last: data without it may be
   * incomplete.
   */
  readonly filledAt: number | null;
  /** When the dashboard counters of the first start's data were complete; null until then. */
  readonly countedAt: number | null;
  /** Number of catalogue writes; never decreases. */
  readonly catalogueRevision: number;
}

export interface DatasetRepository {
  get(): Promise<DatasetInfo>;
  update(patch: Partial<Omit<DatasetInfo, 'unknownItemEvents'>>): Promise<void>;
  /** Stores the version of the pseudonym key if none is stored. Returns the stored version. */
  claimKeyVersion(keyVersion: string): Promise<string>;
  /** The stored version of the pseudonym key; null if none is stored. */
  findKeyVersion(): Promise<string | null>;
  addUnknownItemEvents(count: number): Promise<void>;
  /** Call after writing items. */
  raiseCatalogueRevision(): Promise<void>;
}

/** Migrations of the stored data; see `DATA_VERSION`. */
export interface MigrationRepository {
  /** Version of the stored data: 0 if a release before versions wrote them, null if nothing is stored. */
  storedVersion(): Promise<number | null>;
  /** Migrations from this version to `DATA_VERSION`, in order. */
  pending(from: number): readonly { readonly version: number; readonly name: string }[];
  /** Runs the migration to this version. An interrupted run is completed by repeating it. Does not stamp. */
  run(
    version: number,
    options: { readonly signal: AbortSignal; readonly onProgress: (fraction: number) => void },
  ): Promise<void>;
  /** Stores the version of the data, unless a higher one is stored. */
  stamp(version: number): Promise<void>;
  /** True from the swap of a restore until its end: the stored data may be incomplete. */
  isRestoring(): Promise<boolean>;
  endRestore(): Promise<void>;
}

/** Facts about the database for a diagnosis. */
export interface StoreInspection {
  /** The server's clock, ms since the epoch; null if it does not report it. */
  readonly now: number | null;
  /** Collection and fields of declared indexes that do not exist. */
  readonly missingIndexes: readonly string[];
  /** The server's disk, in bytes; null if it does not report it. */
  readonly disk: { readonly total: number; readonly free: number } | null;
}

export interface Store {
  readonly items: ItemRepository;
  readonly users: UserRepository;
  readonly activity: ActivityRepository;
  readonly profiles: ProfileRepository;
  readonly feedback: FeedbackRepository;
  readonly models: ModelRepository;
  readonly personaHistory: PersonaHistoryRepository;
  readonly metrics: MetricRepository;
  readonly shownLists: ShownListRepository;
  readonly notices: NoticeRepository;
  readonly runs: RunRepository;
  readonly leases: LeaseRepository;
  readonly alerts: AlertRepository;
  readonly imports: ImportHistoryRepository;
  readonly itemFigures: ItemFiguresRepository;
  readonly drift: DriftRepository;
  readonly thresholds: ThresholdRepository;
  readonly dataset: DatasetRepository;
  readonly migrations: MigrationRepository;
  readonly tokens: TokenRepository;
  readonly revocations: RevocationRepository;
  readonly publishableKeys: PublishableKeyRepository;
  readonly webhooks: WebhookRepository;
  readonly accounts: AccountRepository;
  readonly sessions: SessionRepository;
  readonly invitations: InvitationRepository;
  readonly audit: AuditRepository;
  /** True when the server has change streams (a replica set). */
  readonly hasChangeStreams: boolean;
  /** Calls `listener` each time the server becomes reachable again. */
  onReconnect(listener: () => void): void;
  /** Rejects with DatabaseUnavailableError when the server does not answer within two seconds. */
  ping(): Promise<void>;
  /**
   * Writes a small document to disk. Rejects with DatabaseUnavailableError when that fails or takes longer than two
   * seconds. A server with a full disk or a failed storage engine still answers pings.
   */
  probe(): Promise<void>;
  /** Reads only. */
  inspect(): Promise<StoreInspection>;
  close(): Promise<void>;
}
