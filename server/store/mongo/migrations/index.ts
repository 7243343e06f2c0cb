/** Migrations of the stored data, in ascending order of their versions. */

import type { Migration } from './migration.js';
import { renameEsteemPower } from './rename-esteem-power.js';

export type { Migration } from './migration.js';

export const MIGRATIONS: readonly Migration[] = [renameEsteemPower];
