/**
 * Bulk data: imports, the simulated data set, rebuilding of derived data.
 */

export { IMPORT_KINDS } from './import-report.js';
export type { ImportKind, ImportReport } from './import-report.js';
export { ImportService } from './import.service.js';
export type { ImportRequest } from './import.service.js';
export { Rebuilder } from './rebuild.js';
export { SetupService } from './setup.service.js';
export { SYNTHESIS_SEED, SynthesisService } from './synthesis.service.js';
