/**
 * Dashboard metrics: counters, reports, and differential privacy.
 */

export { AnalyticsService } from './analytics.service.js';
export { MetricRecorder } from './metric-recorder.js';
export { PrivacyService } from './privacy.service.js';
export { PrivateMetrics } from './private-metrics.js';
