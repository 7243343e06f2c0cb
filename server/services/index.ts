/** What the API, the jobs and the commands may ask of the system. The six wings below implement it; `app` builds them. */

export * from './services.js';
