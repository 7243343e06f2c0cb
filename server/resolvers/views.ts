/**
 * Maps domain objects to GraphQL types. Expensive fields are methods, run only on request.
 */

import type {
  ActivityType,
  AlertType,
  DriftReportType,
  ExplanationType,
  FacetType,
  FeedbackType,
  ImportRecordType,
  ItemType,
  ModelVersionType,
  PersonaAssignmentType,
  PersonaEvolutionType,
  PersonaRecordType,
  PersonaType,
  RecommendationListType,
  RecommendationType,
  TrainingRunType,
  UserType,
} from '../../schema/index.js';
import type {
  Alert,
  BehaviourEvent,
  DriftReport,
  Explanation,
  Feedback,
  ImportRecord,
  Item,
  ModelVersion,
  Persona,
  PersonaAssignment,
  PersonaEvolution,
  PersonaRecord,
  Recommendation,
  RecommendationList,
  TrainingRun,
  User,
} from '../domain/index.js';
import { NOMINAL_FEATURES, isActivatable, isTimeKnown } from '../domain/index.js';
import type { Loaders } from '../loaders/index.js';
import { Turns } from '../services/users/index.js';

import { isWithheld } from './access.js';
import type { ApiContext } from './context.js';

export function toItem(item: Item): ItemType {
  return {
    id: item.itemId,
    title: item.title,
    category: item.category,
    tags: item.tags,
    attributes: () =>
      Object.entries(item.attributes).map(([name, value]) => ({ name, value: String(value) })),
    locale: item.locale,
    createdAt: item.createdAt,
    isAvailable: item.isAvailable,
  };
}

export function toImport({ importId: id, ...record }: ImportRecord): ImportRecordType {
  return { id, ...record };
}

/** A persona of a version, by default the active version. */
export function toPersona(
  context: ApiContext,
  persona: Persona,
  version: number | null = context.services.models.activeVersion(),
): PersonaType {
  const { personaId: id, label, description } = persona;
  const { privacy } = context.services;
  if (privacy.isEnabled) {
    const published = async () => (version === null ? null : privacy.personaSize(version, id));
    return {
      ...{ id, label, description },
      size: async () => (await published())?.size ?? null,
      share: async () => (await published())?.share ?? null,
      ...{ silhouette: null, centroid: [], distinctive: [], isWithheld: true },
    };
  }
  return {
    ...{ id, label, description },
    size: persona.size,
    share: persona.share,
    silhouette: persona.silhouette,
    centroid: () =>
      Object.entries(persona.centroid)
        .map(([feature, value]) => ({ feature, value }))
        .filter(hasOrder),
    // Versions made before nominal features were left out contain them here.
    distinctive: persona.distinctive.filter(hasOrder),
    isWithheld: false,
  };
}

function hasOrder({ feature }: { readonly feature: string }): boolean {
  return !NOMINAL_FEATURES.includes(feature);
}

/** The persona with this id in the active model; null if there is none. */
export function findPersona(context: ApiContext, personaId: string | null): PersonaType | null {
  const persona = personaId === null ? null : context.services.personas.persona(personaId);
  return persona === null ? null : toPersona(context, persona);
}

export function toAssignment(context: ApiContext, assignment: PersonaAssignment): PersonaAssignmentType {
  const { personaId, confidence, since, modelVersion, isChosen = false } = assignment;
  return { personaId, confidence, since, modelVersion, isChosen, persona: findPersona(context, personaId) };
}

export function toPersonaRecord(context: ApiContext, record: PersonaRecord): PersonaRecordType {
  const { personaId, confidence, at, version, cause } = record;
  return {
    personaId,
    confidence,
    at,
    cause,
    modelVersion: version,
    persona: findPersona(context, personaId),
  };
}

export function toUser(context: ApiContext, user: User): UserType {
  const { userId: id, isSynthetic } = user;
  if (isWithheld(context, id)) {
    const hidden = { locale: null, createdAt: null, eventCount: null, persona: null };
    return { id, isSynthetic, ...hidden, isWithheld: true };
  }
  return {
    ...{ id, isSynthetic, isWithheld: false },
    locale: user.locale,
    createdAt: user.createdAt,
    eventCount: user.eventCount,
    persona: user.persona === null ? null : toAssignment(context, user.persona),
  };
}

export function toActivity({ id, type, itemId, at, value, position }: BehaviourEvent): ActivityType {
  return {
    ...{ id, type, itemId, value, position },
    at: isTimeKnown(at) ? at : null,
    item: async (_args: unknown, { loaders }: ApiContext) => {
      const item = itemId === null ? null : await loaders.items.load(itemId);
      return item === null ? null : toItem(item);
    },
  };
}

export function toFeedback(feedback: Feedback): FeedbackType {
  return {
    itemId: feedback.itemId,
    item: async (_args: unknown, { loaders }: ApiContext) => {
      const item = await loaders.items.load(feedback.itemId);
      return item === null ? null : toItem(item);
    },
    value: feedback.value,
    at: feedback.at,
    listId: feedback.listId,
    position: feedback.position,
    modelVersion: feedback.modelVersion,
  };
}

/** Share of a turn of the event loop per explanation of a user's list: a usual list fits in a single turn. */
const EXPLANATION_SHARE = 1 / 20;
const turns = new Turns();

/** Rows of lists shown before, valid while the catalogue is unchanged. */
const shownRows = new WeakMap<RecommendationList, { generation: number; rows: RecommendationType[] }>();

export async function toRecommendationList(
  context: ApiContext,
  list: RecommendationList,
): Promise<RecommendationListType> {
  const { generation } = context.services.catalogue;
  let shown = shownRows.get(list);
  if (shown?.generation !== generation) {
    shown = { generation, rows: await toRecommendations(context, list) };
    shownRows.set(list, shown);
  }
  return {
    listId: list.listId,
    userId: list.userId,
    modelVersion: list.modelVersion,
    revision: list.revision,
    persona: findPersona(context, list.personaId),
    facet: list.facet,
    facets: (_args: unknown, own: ApiContext) => toFacets(own, list.userId),
    items: shown.rows,
  };
}

export async function toFacets(context: ApiContext, userId: string): Promise<FacetType[]> {
  if (isWithheld(context, userId)) return [];
  const facets = await context.services.recommendations.facets(userId);
  return facets.map(({ label, share, nItems, itemIds }) => ({
    ...{ label, share, itemCount: nItems },
    items: async (_args: unknown, { loaders }: ApiContext) => {
      const items = await loaders.items.loadMany(itemIds);
      return items.flatMap((item) => (item instanceof Error || item === null ? [] : toItem(item)));
    },
  }));
}

/** Loads the items of a list in a single batch, so that resolving the rows does not wait. */
async function toRecommendations(
  { loaders }: ApiContext,
  list: RecommendationList,
): Promise<RecommendationType[]> {
  const items = await loaders.items.loadMany(list.items.map(({ itemId }) => itemId));
  return items.flatMap((item, place) => {
    if (item instanceof Error) throw item;
    if (item === null) return [];
    const { rank, score } = list.items[place];
    return [{ item: toItem(item), rank, score, explanation: explainLater(list.items[place], list.userId) }];
  });
}

/**
 * Computed on first access: most lists are shown, and pushed, without explanations. Later accesses get it without a
 * promise, which is a fifth of the execution of a query.
 */
function explainLater(recommendation: Recommendation, userId: string) {
  let known: ExplanationType | undefined;
  const explain = async (loaders: Loaders): Promise<ExplanationType> => {
    await turns.take(userId, EXPLANATION_SHARE);
    return (known ??= await toExplanation(loaders, recommendation.explanation));
  };
  return (_args: unknown, { loaders }: ApiContext) => known ?? explain(loaders);
}

/** A contribution of an item that left the catalogue is added to `otherItems`, so that the sum stays exact. */
async function toExplanation(loaders: Loaders, explanation: Explanation): Promise<ExplanationType> {
  const shown: ExplanationType['items'] = [];
  let { otherItems } = explanation;
  const items = await loaders.items.loadMany(explanation.items.map(({ itemId }) => itemId));
  items.forEach((item, place) => {
    if (item instanceof Error) throw item;
    const { contribution } = explanation.items[place];
    if (item === null) otherItems += contribution;
    else shown.push({ item: toItem(item), contribution });
  });
  const { persona, popularity, sequence, sequenceItemId, newLikeItemId, total } = explanation;
  const itemOf = async (itemId: string | null) => {
    const item = itemId === null ? null : await loaders.items.load(itemId);
    return item === null ? null : toItem(item);
  };
  const [sequenceItem, newLikeItem] = await Promise.all([sequenceItemId, newLikeItemId].map(itemOf));
  return { persona, popularity, sequence, sequenceItem, newLikeItem, items: shown, otherItems, total };
}

export function toModel(context: ApiContext, model: ModelVersion): ModelVersionType {
  const { version, status, createdAt, activatedAt, parentVersion, k, evidence, reason, judgedBy } = model;
  const shown = {
    ...{ version, status, createdAt, activatedAt, parentVersion, k, judgedBy },
    trainingPrivacy: model.trainingPrivacy,
    personas: () => model.personas.map((persona) => toPersona(context, persona, version)),
    isActivatable: isActivatable(status),
    hyperParameters: () => toNamedNumbers(model.hyperParameters),
    timingsMs: () => toNamedNumbers(model.timingsMs),
  };
  if (context.services.privacy.isEnabled) {
    const { nItems } = model.dataset;
    return {
      ...shown,
      ...{ evidence: [], metrics: [], comparison: [], comparisonBasis: null, reason: null },
      trainingData: { nUsers: null, nItems, nInteractions: null, nEvents: null },
      isWithheld: true,
    };
  }
  return {
    ...shown,
    ...{ evidence, reason, isWithheld: false },
    metrics: () => Object.entries(model.metrics).map(([name, metric]) => ({ name, ...metric })),
    comparisonBasis: model.comparisonBasis,
    comparison: () =>
      model.comparison.map(({ difference, ...rest }) => ({
        ...rest,
        difference: difference.value,
        differenceLow: difference.low,
        differenceHigh: difference.high,
      })),
    trainingData: model.dataset,
  };
}

export function toRun(run: TrainingRun): TrainingRunType {
  const {
    runId,
    state,
    stage,
    progress,
    remainingMs,
    startedAt,
    endedAt,
    error,
    host,
    modelVersion,
    trigger,
  } = run;
  return {
    id: runId,
    state,
    stage,
    progress,
    remainingMs,
    startedAt,
    endedAt,
    error,
    host,
    modelVersion,
    trigger,
  };
}

export function toAlert({ services }: ApiContext, { alertId, values, ...rest }: Alert): AlertType {
  if (!services.privacy.isEnabled) return { id: alertId, ...rest, values: () => toNamedNumbers(values) };
  const message =
    rest.kind === 'candidate-held'
      ? `Version ${rest.modelVersion} is held back by the comparison with the active version; differential privacy withholds the figures. An admin can activate it anyway.`
      : rest.message;
  return { id: alertId, ...rest, message, values: [] };
}

export function toDriftReport(
  context: ApiContext,
  { features, personas, thresholds, ...report }: DriftReport,
): DriftReportType {
  const shown = {
    ...report,
    psiThreshold: thresholds.psi,
    centroidThreshold: thresholds.centroid,
    shareThreshold: thresholds.share,
  };
  if (context.services.privacy.isEnabled)
    return { ...shown, nUsers: null, features: [], personas: [], isWithheld: true };
  return {
    ...shown,
    features: [...features].sort((a, b) => b.psi - a.psi),
    personas: personas.map((row) => ({ ...row, persona: findPersona(context, row.personaId) })),
    isWithheld: false,
  };
}

export function toPersonaEvolution(
  { services }: ApiContext,
  evolution: PersonaEvolution,
): PersonaEvolutionType {
  const { fromVersion, toVersion, nUsers, nMoved, transitions, changes } = evolution;
  if (services.privacy.isEnabled) {
    const hidden = { nUsers: null, nMoved: null, transitions: [], changes: [] };
    return { fromVersion, toVersion, ...hidden, isWithheld: true };
  }
  const fromLabel = (id: string) => evolution.fromPersonas.get(id)?.label ?? id;
  const toLabel = (id: string) => evolution.toPersonas.get(id)?.label ?? id;
  return {
    ...{ fromVersion, toVersion, nUsers, nMoved, isWithheld: false },
    transitions: transitions.map(({ from, to, count }) => ({
      fromPersonaId: from,
      fromLabel: fromLabel(from),
      toPersonaId: to,
      toLabel: toLabel(to),
      count,
    })),
    changes: changes.map(({ kind, from, to }) => ({
      kind,
      personaIds: [...from, ...to],
      labels: [...from.map(fromLabel), ...to.map(toLabel)],
      fromPersonaIds: from,
      toPersonaIds: to,
    })),
  };
}

function toNamedNumbers(record: Readonly<Record<string, number>>): { name: string; value: number }[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}
