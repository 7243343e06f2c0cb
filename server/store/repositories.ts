/**
 * Stage 2: the interfaces of the record. `mongo/` implements them over mongoose, `memory/` for tests;
 * one contract suite per interface runs on both. Verbs: append, find (may be null), get (throws), replace.
 * Every method rejects with DatabaseUnavailableError when the database does not answer in time.
 */

import type {
  Alert,
  BehaviourEvent,
  DriftReport,
  Feedback,
  Item,
  MetricBucket,
  ModelStatus,
  ModelVersion,
  PersonaAssignment,
  PersonaRecord,
  Profile,
  TrainingRun,
  User,
} from '../domain/index.js';

/** A page of a listing in ascending id order. `after` is the last id of the page before. */
export interface PageRequest {
  readonly first: number;
  readonly after: string | null;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly hasNextPage: boolean;
}

export interface ItemRepository {
  /** Upserts; the same rows again change nothing. */
  replaceMany(items: readonly Item[]): Promise<{ inserted: number; updated: number; unchanged: number }>;
  find(itemId: string): Promise<Item | null>;
  /** Found ones only, in no order. */
  findMany(itemIds: readonly string[]): Promise<Item[]>;
  list(page: PageRequest & { category?: string | null }): Promise<Page<Item>>;
  /** Streams every item in ascending id order. */
  streamAll(): AsyncIterable<readonly Item[]>;
  count(): Promise<number>;
  categories(): Promise<string[]>;
  deleteAll(): Promise<void>;
}

export interface UserRepository {
  /** Creates the ones that are missing; existing ones keep what they have. Returns how many were new. */
  ensure(users: readonly Pick<User, 'userId' | 'locale' | 'createdAt' | 'isSynthetic'>[]): Promise<number>;
  find(userId: string): Promise<User | null>;
  findMany(userIds: readonly string[]): Promise<User[]>;
  list(page: PageRequest & { personaId?: string | null; isSynthetic?: boolean }): Promise<Page<User>>;
  /**
   * Sets persona and event count for many users in one go; users that are gone stay gone. With `unlessVersion`, a user
   * whose persona that version has assigned already keeps it. A persona a user has chosen gives way under the same
   * version to another choice only, or to `isCorrection`, the user's own word, which is on disk when this resolves.
   * Null takes a persona away, never one that the user chose unless it is `isCorrection`.
   * Without either, a user of whom more events were counted before keeps what is there: who counted them knew more.
   */
  assignPersonas(
    rows: readonly { userId: string; persona: PersonaAssignment | null; eventCount: number }[],
    options?: { unlessVersion?: number; isCorrection?: boolean },
  ): Promise<void>;
  /** Streams who has which persona, in batches, in no order. */
  streamPersonas(): AsyncIterable<readonly Pick<User, 'userId' | 'persona' | 'eventCount'>[]>;
  /** Everybody, in no order. */
  listIds(): Promise<string[]>;
  count(): Promise<number>;
  delete(userId: string): Promise<number>;
  deleteAll(): Promise<void>;
  /** Ids of users deleted by anybody from now on; null where the server has no change streams. */
  watchDeleted(options: { signal: AbortSignal }): AsyncIterable<string> | null;
}

/** A bucket of the record, at most 500 events: one user's ISO week, or a packed history that begins in that week. */
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

/** A note that the derived data of some users may lag behind the record. */
export interface PendingMark {
  readonly markId: string;
  readonly userIds: readonly string[];
  /** Whether it was made by a bulk load, which takes long to apply what it appends. */
  readonly isBulk: boolean;
}

export interface ActivityRepository {
  /**
   * Appends events idempotently by `event.id` and marks the users as pending until `markApplied`.
   * Returns the events that were new, in the order given.
   * `fresh: true` promises that no event of these users is stored yet (a first bulk import) and skips the look-ups.
   * `bulk: true` has its mark say so; `fresh` does as well.
   * `derived: true` says that the events follow from thumbs which stay pending in `feedback` until all is applied: no mark
   * is made, and nothing waits for the disk.
   */
  append(events: readonly BehaviourEvent[], options?: AppendOptions): Promise<BehaviourEvent[]>;
  /** All events of one user in ascending time, ties by id. */
  findByUser(userId: string): Promise<BehaviourEvent[]>;
  /** The events of these users before an instant (ms), in ascending time, ties by id; users in no order. */
  findBefore(userIds: readonly string[], before: number): Promise<BehaviourEvent[]>;
  /** Streams buckets grouped by user: all buckets of a user come one after another, users in ascending id. */
  streamByUser(): AsyncIterable<{ userId: string; events: BehaviourEvent[] }>;
  /** Users whose derived data may lag behind the record. */
  findPendingUsers(): Promise<string[]>;
  /** The marks of other processes, whether these run or have ended. */
  findForeignMarks(): Promise<PendingMark[]>;
  /** Has `markApplied` clear these marks of other processes. */
  adoptMarks(marks: readonly PendingMark[]): void;
  /**
   * Clears the marks of these users that this process made or adopted. The caller sees to it that no append of this
   * process for these users runs between what it applied and this call.
   */
  markApplied(userIds: readonly string[]): Promise<void>;
  countEvents(): Promise<number>;
  deleteByUser(userId: string): Promise<number>;
  /** Pending marks as well. */
  deleteAll(): Promise<void>;
}

export interface ProfileRepository {
  find(userId: string): Promise<Profile | null>;
  findMany(userIds: readonly string[]): Promise<Profile[]>;
  /**
   * Writes profiles whose stored revision is still `expectedRevision` (0: not stored yet).
   * Returns the ids that were refused because another writer was first. What was stored is on disk when this resolves.
   */
  replaceMany(rows: readonly { profile: Profile; expectedRevision: number }[]): Promise<string[]>;
  /** Streams every profile, in batches, in no order. */
  streamAll(): AsyncIterable<readonly Profile[]>;
  /** About how many there are: what the database keeps count of. */
  count(): Promise<number>;
  delete(userId: string): Promise<number>;
  deleteAll(): Promise<void>;
}

export interface FeedbackRepository {
  /**
   * The one awaited write of a thumb (majority, on disk). Sets the latest opinion, raises `seq`, marks it pending unless it
   * says nothing. Returns what is stored now. An opinion that is stored already is not written again: `stored` is `previous` then, with the
   * list and the position it was first given in, which are what it was counted under.
   */
  submit(feedback: Omit<Feedback, 'seq'>): Promise<{ stored: Feedback; previous: Feedback | null }>;
  findByUser(userId: string): Promise<Feedback[]>;
  /** In no order. */
  findByUsers(userIds: readonly string[]): Promise<Feedback[]>;
  /**
   * Thumbs that are acknowledged but may not be in activity and profile yet: opinions that were replaced before they were
   * applied as well. Those of one user about one item in ascending `seq`.
   */
  findPending(): Promise<Feedback[]>;
  /** The same for these users. */
  findPendingByUsers(userIds: readonly string[]): Promise<Feedback[]>;
  /**
   * Clears the mark of these thumbs and of earlier ones of the same user about the same item. Their traces in the activity
   * record must be on disk.
   */
  markApplied(rows: readonly Pick<Feedback, 'userId' | 'itemId' | 'seq'>[]): Promise<void>;
  count(): Promise<number>;
  deleteByUser(userId: string): Promise<number>;
  /** Thumbs from now on (or after `resumeToken`), at least those of others; null where the server has no change streams. */
  watch(
    options: WatchOptions & { readonly resumeToken?: unknown },
  ): AsyncIterable<{ feedback: Feedback; resumeToken: unknown }> | null;
}

/** A named binary part of a model version. */
export interface ModelPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How many users a persona of a version has, as published. */
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
  /** Puts other bytes of the same length in place of a stored part: the one change a sealed version knows, for erasure. */
  replacePart(version: number, part: ModelPart): Promise<void>;
  /** Throws CorruptModelError when a chunk is missing or its checksum differs. */
  getParts(version: number): Promise<Map<string, Uint8Array>>;
  /** building -> ready, candidate or failed; other fields may be completed at the same time. */
  seal(
    version: number,
    status: Extract<ModelStatus, 'ready' | 'candidate' | 'failed'>,
    patch?: Partial<ModelVersion>,
  ): Promise<void>;
  /** Completes what is known of a version without changing what it is. */
  update(version: number, patch: Partial<Pick<ModelVersion, 'timingsMs' | 'reassignedAt'>>): Promise<void>;
  /**
   * Flips the pointer to `version` if it still points at `expectedActive` (null: at nothing), and, when `fence` is given,
   * only while the lease `fence.job` still carries `fence.token`. Returns which activation it was, from 1, rising for
   * ever; null when somebody else won.
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
   * Keeps the persona sizes of a version as they are published under differential privacy. Returns the sizes that are
   * stored: these, or the ones that were there before.
   */
  publishSizes(version: number, sizes: readonly PersonaSize[]): Promise<readonly PersonaSize[]>;
  /** The published sizes; null where there are none. */
  publishedSizes(version: number): Promise<readonly PersonaSize[] | null>;
  /** Changes the shown label of a persona in one version. */
  renamePersona(version: number, personaId: string, label: string): Promise<void>;
  /** Removes parts and documents of these versions; the active one is never removed. */
  prune(versions: readonly number[]): Promise<void>;
  /** Pointer flips from now on; null where the server has no change streams. */
  watchActive(options: { signal: AbortSignal }): AsyncIterable<number> | null;
}

/** A move between versions. Who moved, what it replaced (by its beginning, null for nothing) and what came are its identity. */
export interface PersonaMove extends PersonaRecord {
  readonly replacedSince: number | null;
}

export interface PersonaHistoryRepository {
  /** A move that is there already stays as it is. */
  appendMany(moves: readonly PersonaMove[]): Promise<void>;
  /** Everybody's persona under a version, users in ascending id; the same step again takes its place. */
  replaceVersion(
    step: { version: number; at: number },
    rows: readonly Omit<PersonaRecord, 'version' | 'at' | 'cause'>[],
  ): Promise<void>;
  /** Newest first; without steps that change nothing. */
  findByUser(userId: string, limit: number): Promise<PersonaRecord[]>;
  /** Up to `limit` of each user, newest first. */
  findByUsers(userIds: readonly string[], limit: number): Promise<PersonaRecord[]>;
  /** For every user with a record in both versions: counts by (from persona, to persona). */
  transitions(fromVersion: number, toVersion: number): Promise<{ from: string; to: string; count: number }[]>;
  deleteByUser(userId: string): Promise<number>;
  deleteByVersions(versions: readonly number[]): Promise<void>;
}

/** What one instance tells the others of itself, a few times a minute. */
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
}

/** What was published on one day under differential privacy: of its hours, of itself, and of a model version. */
export interface EpsilonSpent {
  /** Start of the day, ms since the epoch. */
  readonly at: number;
  readonly hour: number;
  readonly day: number;
  readonly model: number;
}

export interface MetricRepository {
  /** `$inc` upserts; buckets with the same key in one call are added up. They vanish when they are older than kept. */
  increment(buckets: readonly MetricBucket[]): Promise<void>;
  find(range: { grain: MetricBucket['grain']; from: number; to: number }): Promise<MetricBucket[]>;
  isEmpty(): Promise<boolean>;
  /** Forgets what the record can tell again (`counters`); what is `served` stays. */
  clearRecorded(): Promise<void>;
  /** Keeps buckets as they are told under differential privacy; one that is there already stays as it is. */
  publish(buckets: readonly MetricBucket[]): Promise<void>;
  findPublished(range: { grain: MetricBucket['grain']; from: number; to: number }): Promise<MetricBucket[]>;
  /** Raises what is spent of each day to at least `epsilon`. */
  spendEpsilon(rows: readonly { at: number; grain: 'hour' | 'day'; epsilon: number }[]): Promise<void>;
  /**
   * Spends the model part of the day that starts at `at`, once and for one version. Returns the version that has it:
   * this one, or the one that came first.
   */
  spendEpsilonOnModel(row: { at: number; version: number; epsilon: number }): Promise<number>;
  /** Days from an instant up to, not including, another, of which something was told. */
  epsilonSpent(from: number, to: number): Promise<EpsilonSpent[]>;
  /** Replaces what is known of one instance. */
  beat(beat: LiveBeat): Promise<void>;
  /** The instances heard of since an instant. */
  beats(since: number): Promise<LiveBeat[]>;
  /** Forgets instances not heard of since an instant. */
  pruneBeats(before: number): Promise<void>;
}

/** A list as it was handed out. */
export interface ShownList {
  readonly listId: string;
  readonly userId: string;
  readonly at: number;
  /** In the order shown. */
  readonly itemIds: readonly string[];
}

export interface ShownListRepository {
  /** Lists that are there already stay as they are. A list vanishes three days after it was shown. */
  append(lists: readonly ShownList[]): Promise<void>;
  /** Found ones only, in no order. */
  findMany(listIds: readonly string[]): Promise<ShownList[]>;
  /** The lists of one user by the range of their ids (see `listIdPrefix`), which is fast; in no order. */
  findLately(userId: string): Promise<ShownList[]>;
  /** In no order. */
  findByUser(userId: string): Promise<ShownList[]>;
  deleteByUser(userId: string): Promise<number>;
}

/** What the other instances must read again; thumbs, versions, alerts and erasures have streams of their own. */
export interface Notice {
  readonly kind: 'profiles' | 'catalogue' | 'personas' | 'dataset' | 'tokens';
  /** The instance that says so. */
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whose profiles; empty for the other kinds. */
  readonly userIds: readonly string[];
  /** Which items of the catalogue; null where it may be any, and for the other kinds. */
  readonly itemIds: readonly string[] | null;
}

export interface NoticeRepository {
  append(notice: Notice): Promise<void>;
  /** Takes an erased user out of notices that are still stored. */
  forgetUser(userId: string): Promise<void>;
  /** Notices from now on, at least those of others; null where the server has no change streams. */
  watch(options: WatchOptions): AsyncIterable<Notice> | null;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Called when the stream begins, and when it had to begin anew and may have missed something. */
  readonly onStart?: () => void;
}

export interface RunRepository {
  /** True when somebody has asked for its end. */
  replace(run: TrainingRun): Promise<boolean>;
  /** False unless it is running. */
  requestCancel(runId: string): Promise<boolean>;
  find(runId: string): Promise<TrainingRun | null>;
  /** Newest first. */
  list(job: string, limit: number): Promise<TrainingRun[]>;
  /** Runs as they move from now on; null where the server has no change streams. */
  watch(options: { signal: AbortSignal }): AsyncIterable<TrainingRun> | null;
}

export interface Lease {
  readonly job: string;
  readonly owner: string;
  readonly acquiredAt: number;
  readonly expiresAt: number;
  /** Rises with every acquisition; a publish names it and is refused when it is no longer current. */
  readonly fence: number;
}

export interface LeaseRepository {
  /** One findOneAndUpdate. Null when somebody else holds it. */
  acquire(job: string, owner: string, leaseMs: number, now: number): Promise<Lease | null>;
  /** False when it was lost. */
  renew(lease: Lease, leaseMs: number, now: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  find(job: string): Promise<Lease | null>;
}

export interface AlertRepository {
  /** False when it is stored already, acknowledged or not. */
  raise(alert: Alert): Promise<boolean>;
  find(alertId: string): Promise<Alert | null>;
  /** Newest first. */
  list(options: { limit: number; isAcknowledged?: boolean }): Promise<Alert[]>;
  /** The first acknowledgement stays. Null when there is no such alert. */
  acknowledge(alertId: string, by: string, at: number): Promise<Alert | null>;
  /** Ids of alerts raised from now on; null where the server has no change streams. */
  watch(options: { signal: AbortSignal }): AsyncIterable<string> | null;
}

/** The newest report only. */
export interface DriftRepository {
  replace(report: DriftReport): Promise<void>;
  find(): Promise<DriftReport | null>;
}

/** A token that this product signed. The token itself is stored nowhere. Instants are milliseconds since the epoch. */
export interface TokenRecord {
  /** Its `jti`. */
  readonly tokenId: string;
  readonly role: 'user' | 'admin';
  /** The pseudonym it stands for; null for an admin token without one. */
  readonly userId: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Signed tokens, each kept until it expires. */
export interface TokenRepository {
  append(token: TokenRecord): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<TokenRecord[]>;
  findByUser(userId: string): Promise<TokenRecord[]>;
  deleteByUser(userId: string): Promise<number>;
}

/** Which tokens are revoked: one by its id, or all of a user or of a role that were issued before `at`. */
export type RevocationSubject =
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'role'; readonly id: 'user' | 'admin' };

export type Revocation = RevocationSubject & {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** From then on no revoked token can be valid, so the revocation may go. */
  readonly expiresAt: number;
};

export interface RevocationRepository {
  /** Keeps the later one of the same subject. On disk when this resolves. */
  put(revocation: Revocation): Promise<void>;
  /** In no order. */
  list(): Promise<Revocation[]>;
}

/** Small facts about the data set as a whole. */
export interface DatasetInfo {
  /** True while every row came from the synthesiser; the first real user or item makes it false for good. */
  readonly isSynthetic: boolean;
  readonly seed: number | null;
  /** Events that named an item the catalogue did not have. */
  readonly unknownItemEvents: number;
  /** When the first start had its data, ms since the epoch; null until then. Written last: what is there before may be cut off. */
  readonly filledAt: number | null;
  /** When the dashboards' counters had been made of the data of the first start; null until then. */
  readonly countedAt: number | null;
  /** How often the catalogue has been written to; only ever rises. */
  readonly catalogueRevision: number;
}

export interface DatasetRepository {
  get(): Promise<DatasetInfo>;
  update(patch: Partial<Omit<DatasetInfo, 'unknownItemEvents'>>): Promise<void>;
  /** Stores the version of the key of the pseudonyms where none is stored. Returns the stored one. */
  claimKeyVersion(keyVersion: string): Promise<string>;
  addUnknownItemEvents(count: number): Promise<void>;
  /** After items were written. */
  raiseCatalogueRevision(): Promise<void>;
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
  readonly drift: DriftRepository;
  readonly dataset: DatasetRepository;
  readonly tokens: TokenRepository;
  readonly revocations: RevocationRepository;
  /** True when the server has change streams (a replica set). */
  readonly hasChangeStreams: boolean;
  /** Calls `listener` each time a server is reachable again that was not. */
  onReconnect(listener: () => void): void;
  /** Rejects with DatabaseUnavailableError when the server does not answer within two seconds. */
  ping(): Promise<void>;
  /**
   * Writes one small document to the disk. Rejects with DatabaseUnavailableError when that fails or takes longer than two
   * seconds: a server whose disk is full, or whose storage engine has given up, still answers a ping.
   */
  probe(): Promise<void>;
  close(): Promise<void>;
}
