export { bootstrapMean } from './bootstrap.js';
export type { Interval } from './bootstrap.js';
export { evaluate, foldedScores } from './evaluate.js';
export type { Evaluation, EvaluationInput, EvaluationOptions, Metrics } from './evaluate.js';
export { holdOutLikes } from './hold-out.js';
export type { HoldOut, HoldOutOptions } from './hold-out.js';
export { LIST_LENGTH, METRIC_NAMES, judgeUser } from './metrics.js';
export type { MetricName, RankedUser, UserMetrics } from './metrics.js';
export { MIN_PROPENSITY, fitPropensities } from './position-bias.js';
