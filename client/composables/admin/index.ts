/** Composables of the admin pages; a separate module, so that users do not load them. */

export * from './address.js';
export * from './useAlerts.js';
export * from './useAnalytics.js';
export * from './useEvolution.js';
export * from './import-mapping.js';
export * from './useEvents.js';
export * from './useImport.js';
export * from './useImportPlan.js';
export * from './useItems.js';
export * from './useLiveRates.js';
export * from './useModels.js';
export * from './usePersonaPlaces.js';
export * from './usePersonas.js';
export * from './system-status.js';
export * from './setup-code.js';
export * from './useSettings.js';
export * from './usePreview.js';
export * from './useSetup.js';
export * from './useSystemStatus.js';
export * from './useTimeRange.js';
export * from './useTraining.js';
export * from './useUserLookup.js';
export * from './useUserPages.js';
