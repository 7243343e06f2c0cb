/** One database server for a whole test run; test files take a database of their own on it (`freshDatabase`). */

import type { TestProject } from 'vitest/node';

import { startSupervisedDatabase } from './database.js';

declare module 'vitest' {
  export interface ProvidedContext {
    mongoUri: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const database = await startSupervisedDatabase();
  project.provide('mongoUri', database.uri);
  return () => database.stop();
}
