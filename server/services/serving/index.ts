/**
 * User requests: lists, thumbs, events, corrections, data export and erasure; and changes by other instances.
 */

export { CorrectionService } from './correction.service.js';
export { EventService } from './event.service.js';
export { FeedbackService } from './feedback.service.js';
export { Instances } from './instances.js';
export { ItemSideService } from './item-side.service.js';
export { RecommendationService } from './recommendation.service.js';
export { ShownLists } from './shown-lists.js';
export { TokenService } from './token.service.js';
export { UserDataService } from './user-data.service.js';
