/** Writes schema/generated/schema.graphql from the code. Run by `npm run schema`, from the root of the repository. */

import { writeFileSync } from 'node:fs';

import { buildApiSchema, printApiSchema } from '../resolvers/index.js';

writeFileSync('schema/generated/schema.graphql', printApiSchema(buildApiSchema()));
