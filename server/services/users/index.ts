/**
 * Live state of a single user: profile, persona and its timeline, write-behind; and the catalogue that users act on.
 */

export type { ActivityMetrics } from './activity-metrics.js';
export { createAnnounce } from './announce.js';
export type { Announce } from './announce.js';
export { CatalogueService } from './catalogue.service.js';
export { DemoService } from './demo.service.js';
export { followNotices } from './follow-notices.js';
export type { LivePersonas } from './live-personas.js';
export { LiveUsers } from './live-users.js';
export type { Apply } from './live-users.js';
export type { FoldedUser, LiveUser } from './live-user.js';
export { chosenOf } from './persona-assignment.js';
export { PersonaService } from './persona.service.js';
export { holdsThumb } from './rebuilt-profile.js';
export { Reconnection } from './reconnection.js';
export { Succession } from './succession.js';
export { thumbEvent } from './thumb-event.js';
export { Turns, nextTurn } from './turns.js';
export { UserFacets } from './user-facets.js';
export { UserService } from './user.service.js';
export { WriteBehind } from './write-behind.js';
