/** The store in memory keeps the contract. */

import { createMemoryStore } from '../../server/store/memory/index.js';

import { describeStore } from './store.js';

describeStore('memory', () => Promise.resolve(createMemoryStore()));
