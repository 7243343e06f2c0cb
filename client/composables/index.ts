/** Composables for views. Components receive their data as props. */

export * from './connection.js';
export * from './failure.js';
export * from './isolate.js';
export * from './list-changes.js';
export * from './reasons.js';
export * from './session.js';
export * from './useAgo.js';
export * from './useCatalogue.js';
export * from './useClicks.js';
export * from './useEntrance.js';
export * from './useHeldList.js';
export * from './useHistory.js';
export * from './useLiveQuery.js';
export * from './useLiveSubscription.js';
export * from './useMyPersona.js';
export * from './persona-figures.js';
export * from './usePersonaWords.js';
export * from './usePointerHold.js';
export * from './useReasonWords.js';
export * from './useRecommendations.js';
export * from './useThumbs.js';
export * from './useUserData.js';
export * from './useViewer.js';
export * from './useWhatIf.js';
