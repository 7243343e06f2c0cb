export { buildSecantusRust, type RustBuild } from './build-secantus-rust.js';
export * from './errors.js';
export * from './open-database.js';
export { cacheFolder } from './program-folder.js';
