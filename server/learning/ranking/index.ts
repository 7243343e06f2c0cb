export { diversify } from './diversify.js';
export { recommend } from './recommend.js';
export type { RankedItem, RecommendOptions } from './recommend.js';
