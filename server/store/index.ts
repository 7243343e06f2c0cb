export * from './repositories.js';
export { addUp, metricKey } from './metric-buckets.js';
