export { diversify } from './diversify.js';
export { recommend } from './recommend.js';
export type { RankedItem, RecommendOptions } from './recommend.js';
export { isSettled, settledItems, settledRows } from './settled.js';
export type { SettlingReason, SettlingRule } from './settled.js';
