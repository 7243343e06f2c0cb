export { adjustedRandIndex } from './agreement.js';
export { calibrated, fitCalibration, marginOf, reliabilityOf } from './calibration.js';
export type { Calibration, CalibrationCurve, CalibrationPairs, ReliabilityRow } from './calibration.js';
export { chooseK } from './choose-k.js';
export type { ClusterEvidence } from './choose-k.js';
export { distinctiveFeatures, nameClusters } from './describe.js';
export type { ClusterName, DistinctiveFeature } from './describe.js';
export { fitPersonas } from './fit-personas.js';
export type { PersonaFit, PersonaOptions } from './fit-personas.js';
export { fitTable, MOST_CLUSTERS } from './fit-table.js';
export type { TableFit, TableOptions } from './fit-table.js';
export { fitDistributions, measureDrift, populationStability } from './drift.js';
export type { Drift, PersonaDrift } from './drift.js';
export { ARCHETYPES, AVERAGE, FEATURE_LABELS } from './persona-names.js';
export { elbowHeights } from './elbow.js';
export { assign } from './hungarian.js';
export { fitKMeans, kMeansTask, nearestCentroids, refineCentroids } from './kmeans.js';
export type { KMeansFit, KMeansOptions } from './kmeans.js';
export { matchPersonas, transitionsOf } from './match-personas.js';
export type { PersonaMatch, PersonaTransition } from './match-personas.js';
export {
  assignPersona,
  calibratePersonas,
  confidenceOfNearest,
  measureReliability,
  packPersonas,
  unpackPersonas,
} from './persona-model.js';
export type {
  AssignOptions,
  FeatureDistributions,
  PackedPersonas,
  PersonaChoice,
  PersonaModel,
  PersonaPairs,
  PersonaSummary,
} from './persona-model.js';
export { componentCount, fitPreprocessing, flagOutliers, standardise, transform } from './preprocessing.js';
export type { Preprocessing, PreprocessingOptions } from './preprocessing.js';
export { extendSilhouettes, featureSilhouettes, measureSilhouettes, silhouetteTask } from './silhouette.js';
export { measureStructure } from './structure.js';
export type { Structure, StructureOptions } from './structure.js';
export { measureStability } from './stability.js';
export type { Stability, StabilityOptions } from './stability.js';
