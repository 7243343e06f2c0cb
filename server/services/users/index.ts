/**
 * Live state of a single user: profile, persona and its timeline, write-behind; and the catalogue that users act on.
 */

export type { ActivityMetrics } from './activity-metrics.js';
export { createAnnounce } from './announce.js';
export type { Announce } from './announce.js';
export { CatalogueService } from './catalogue.service.js';
export { DemoService } from './demo.service.js';
export { followNotices } from './follow-notices.js';
export { PersonaService, chosenOf } from './persona.service.js';
export { ProfileService, holdsThumb } from './profile.service.js';
export type { Apply } from './profile.service.js';
export { Reconnection } from './reconnection.js';
export { Succession } from './succession.js';
export { thumbEvent } from './thumb-event.js';
export { Turns, nextTurn } from './turns.js';
export { UserService } from './user.service.js';
export { WriteBehind } from './write-behind.js';
