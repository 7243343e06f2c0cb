/** As global-setup.ts, with the embedded database in Rust. */

import type { TestProject } from 'vitest/node';

import { secantusRust } from '../../server/database/kinds/secantus-rust.js';

import { startSupervisedDatabase } from './database.js';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const database = await startSupervisedDatabase(secantusRust);
  project.provide('mongoUri', database.uri);
  return () => database.stop();
}
