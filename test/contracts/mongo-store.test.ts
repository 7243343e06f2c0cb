/** The store in MongoDB keeps the contract. */

import { afterEach, inject } from 'vitest';

import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { freshDatabase } from '../support/database.js';

import { describeStore } from './store.js';

const opened: Store[] = [];

describeStore('MongoDB', async () => {
  const store = await createMongoStore({ uri: freshDatabase(inject('mongoUri')) });
  opened.push(store);
  return store;
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});
