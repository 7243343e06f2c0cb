export * from './feedback.input.js';
export * from './event.input.js';
export * from './item.input.js';
export * from './update-item.input.js';
export * from './recommendation.input.js';
export * from './analytics.input.js';
export * from './alert-thresholds.input.js';
