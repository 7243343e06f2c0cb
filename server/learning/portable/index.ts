export { packItemSide, unpackItemSide } from './item-side.js';
export type { ItemSide } from './item-side.js';
