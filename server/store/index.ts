export * from './repositories.js';
export { hasExpired } from './lease-expiry.js';
export { canonical } from './canonical-item.js';
export { addUp, metricKey } from './metric-buckets.js';
