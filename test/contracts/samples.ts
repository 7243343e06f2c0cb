/** Rows for the contract suites; each takes what matters to a test and fills the rest. */

import type {
  BehaviourEvent,
  Feedback,
  Item,
  ModelVersion,
  Profile,
  TrainingRun,
} from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';

export type MakeStore = () => Promise<Store>;

/** 2026-02-09, the Monday of week 7, at noon. */
export const NOON = Date.UTC(2026, 1, 9, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A pseudonym: 64 hexadecimal digits that sort like `number`. */
export function userIdOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}

export function item(itemId: string, fields: Partial<Item> = {}): Item {
  return {
    itemId,
    title: `Title of ${itemId}`,
    category: 'books',
    tags: [],
    attributes: {},
    locale: null,
    createdAt: NOON,
    isAvailable: true,
    ...fields,
  };
}

export function event(id: string, fields: Partial<BehaviourEvent> = {}): BehaviourEvent {
  return {
    id,
    userId: userIdOf(1),
    type: 'click',
    itemId: 'i1',
    at: NOON,
    value: null,
    sessionId: null,
    position: null,
    listId: null,
    device: null,
    locale: null,
    ...fields,
  };
}

export function thumb(fields: Partial<Omit<Feedback, 'seq'>> = {}): Omit<Feedback, 'seq'> {
  return {
    userId: userIdOf(1),
    itemId: 'i1',
    value: 1,
    at: NOON,
    listId: 'list-1',
    position: 3,
    modelVersion: 2,
    origin: 'instance-a',
    afterEvents: 4,
    ...fields,
  };
}

export function profile(userId: string, revision: number, fields: Partial<Profile> = {}): Profile {
  return {
    userId,
    revision,
    eventCount: revision,
    updatedAt: NOON,
    interactions: [
      {
        itemId: 'i1',
        strength: 2.5,
        opinion: 1,
        isPurchased: true,
        isRated: false,
        at: NOON,
        actedAt: NOON - 1,
      },
      {
        itemId: 'i.2$',
        strength: 0,
        opinion: -1,
        isPurchased: false,
        isRated: true,
        at: NOON + 1,
        actedAt: 0,
      },
    ],
    // What the sums are is the business of features; the store keeps whatever is in them.
    behaviour: {
      events: revision,
      hours: [0, 1, 2],
      categories: { 'a.b': 1, $c: 2 },
      session: null,
    } as never,
    ...fields,
  };
}

export function model(fields: Partial<ModelVersion> = {}): Parameters<Store['models']['create']>[0] {
  const {
    version: _version,
    status: _status,
    activatedAt: _activatedAt,
    activation: _activation,
    reassignedAt: _reassignedAt,
    ...rest
  } = fields;
  return {
    createdAt: NOON,
    trainedAt: NOON,
    parentVersion: null,
    k: 2,
    evidence: [{ k: 2, inertia: 10, silhouette: 0.5, elbow: 0.25 }],
    personas: ['seeker', 'buyer'].map((personaId) => ({
      personaId,
      label: personaId,
      description: `The ${personaId}`,
      size: 5,
      share: 0.5,
      silhouette: 0.4,
      centroid: { ctr: 0.1 },
      distinctive: [{ feature: 'ctr', zScore: 2 }],
    })),
    metrics: { 'ndcg@10': { value: 0.2, low: 0.1, high: 0.3 } },
    hyperParameters: { alpha: 1 },
    dataset: { nUsers: 10, nItems: 5, nInteractions: 20, nEvents: 30 },
    timingsMs: {},
    comparison: [],
    trainingPrivacy: null,
    comparisonBasis: null,
    judgedBy: 'like',
    reason: null,
    ...rest,
  };
}

export function run(runId: string, fields: Partial<TrainingRun> = {}): TrainingRun {
  return {
    runId,
    job: 'retrain',
    state: 'running',
    stage: 'fit',
    progress: 0.5,
    remainingMs: 1_000,
    startedAt: NOON,
    endedAt: null,
    error: null,
    host: 'here',
    modelVersion: null,
    trigger: 'command',
    ...fields,
  };
}

/** Everything a stream gives, in order. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}
