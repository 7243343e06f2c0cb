/**
 * Model versions: the registry of the active version, stored parts, the cluster map, alerts.
 */

export { AlertService } from './alert.service.js';
export { blankUsers, sampleMap, withoutErased } from './cluster-map.js';
export { MAP_USERS, packVersion, unpackVersion } from './model-parts.js';
export { ModelRegistry } from './model-registry.js';
export { ThresholdService } from './threshold.service.js';
export type { ServingModel } from './serving-model.js';
export { isPredictable, judgeThumb } from './prediction.js';
export type { Judgement, UserSnapshot } from './prediction.js';
