export { buildSecantusRust, type RustBuild } from './build-secantus-rust.js';
export * from './errors.js';
export { hasDatabaseFiles } from './kinds/index.js';
export * from './open-database.js';
export { cacheFolder, programFolder } from './program-folder.js';
export { obtainPythonEnvironment } from './python-environment.js';
