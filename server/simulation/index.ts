/** Weeks of simulated visitors against a running server, through its public API. */

export { runArm } from './arm.js';
export { POLICIES } from './policy.js';
export type { Policy } from './policy.js';
export { createSite } from './site.js';
export { armTable, compareArms, summaryTable, toReport } from './table.js';
export type { ArmResult } from './tally.js';
