/**
 * Service interfaces used by the API, the jobs and the commands. The eight wings below implement them; `app` builds them.
 */

export * from './services.js';
