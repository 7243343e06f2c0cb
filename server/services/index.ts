/** The stages and the use cases that walk them. The interfaces are in services.ts; `app` builds what implements them. */

export * from './services.js';
export { AlertDesk } from './alert.service.js';
export { AnalyticsDesk } from './analytics.service.js';
export { BulkLoad } from './bulk-load.js';
export { ItemCatalogue } from './catalogue.service.js';
export { DriftMonitor } from './drift.service.js';
export { EventRecorder } from './event.service.js';
export { FeedbackLoop } from './feedback.service.js';
export { IMPORT_KINDS, ImportService } from './import.service.js';
export type { ImportKind, ImportReport, ImportRequest } from './import.service.js';
export { MetricRecorder } from './metric-recorder.js';
export { ModelRegistry } from './model-registry.js';
export type { ServingModel } from './model-registry.js';
export { ModelActivator } from './model.service.js';
export { PersonaAssigner } from './persona.service.js';
export { PrivateMetrics } from './private-metrics.js';
export { ProfileService } from './profile.service.js';
export { Reassignment } from './reassignment.js';
export { Recommender } from './recommendation.service.js';
export { Rebuilder } from './rebuild.js';
export { createRetraining } from './retraining.js';
export { ShownLists } from './shown-lists.js';
export { SYNTHESIS_SEED, SynthesisService } from './synthesis.service.js';
export { RETRAIN_JOB, TrainingRunner } from './training.service.js';
export { UserDataDesk } from './user-data.service.js';
export { UserDirectory } from './user.service.js';
