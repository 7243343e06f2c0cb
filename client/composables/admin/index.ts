/** State and behaviour of the admin pages; kept apart, so that nobody else loads it. */

export * from './address.js';
export * from './useAlerts.js';
export * from './useAnalytics.js';
export * from './useEvolution.js';
export * from './import-mapping.js';
export * from './useImport.js';
export * from './useImportPlan.js';
export * from './useLiveRates.js';
export * from './useModels.js';
export * from './usePersonaPlaces.js';
export * from './usePersonas.js';
export * from './useTimeRange.js';
export * from './useTraining.js';
export * from './useUserLookup.js';
export * from './useUserPages.js';
