/** Figures for the dashboards: counters, reports, and the noise of differential privacy. */

export { AnalyticsDesk } from './analytics.service.js';
export { MetricRecorder } from './metric-recorder.js';
export { PrivacyDesk } from './privacy.service.js';
export { PrivateMetrics } from './private-metrics.js';
