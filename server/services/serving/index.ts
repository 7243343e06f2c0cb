/** Requests of users: lists, thumbs, events, corrections, their own data; and what other instances report. */

export { PersonaCorrection } from './correction.service.js';
export { EventRecorder } from './event.service.js';
export { FeedbackLoop } from './feedback.service.js';
export { Instances } from './instances.js';
export { Recommender } from './recommendation.service.js';
export { ShownLists } from './shown-lists.js';
export { TokenRegister } from './token.service.js';
export { UserDataDesk } from './user-data.service.js';
