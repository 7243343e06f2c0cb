/** Runs the training job of jobs/spark on Apache Spark. */
export { requireJava } from './requirements.js';
export { SparkError, createSparkStarter } from './spark-session.js';
export type { SparkOptions } from './spark-session.js';
