export * from './repositories.js';
export { DATA_VERSION, DataVersionError, requireKnownVersion } from './data-version.js';
export { hasExpired } from './lease-expiry.js';
export { canonical } from './canonical-item.js';
export { addUp, metricKey } from './metric-buckets.js';
