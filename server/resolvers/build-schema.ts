/** Builds the executable schema from the contract and the resolvers. */

import type { GraphQLSchema } from 'graphql';
import { printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';

import { enforceAccess } from './access.js';
import { AccountResolver } from './account.resolver.js';
import { AlertResolver } from './alert.resolver.js';
import { AnalyticsResolver } from './analytics.resolver.js';
import { AuditResolver } from './audit.resolver.js';
import { CatalogueResolver } from './catalogue.resolver.js';
import { EventResolver } from './event.resolver.js';
import { EvolutionResolver } from './evolution.resolver.js';
import { FeedbackResolver } from './feedback.resolver.js';
import { ImportResolver } from './import.resolver.js';
import { ItemAdminResolver } from './item-admin.resolver.js';
import { PersonaResolver } from './persona.resolver.js';
import { PublishableKeyResolver } from './publishable-key.resolver.js';
import { RecommendationResolver } from './recommendation.resolver.js';
import { SessionResolver } from './session.resolver.js';
import { SettingsResolver } from './settings.resolver.js';
import { TokenResolver } from './token.resolver.js';
import { TrainingResolver } from './training.resolver.js';
import { UserDataResolver } from './user-data.resolver.js';
import { WebhookResolver } from './webhook.resolver.js';
import { UserFieldsResolver, UserResolver, ViewerFieldsResolver } from './user.resolver.js';

/** Every subscription sets its own source (the bus of the context), but type-graphql requires a default. */
const NO_DEFAULT_PUB_SUB = {
  publish(): never {
    throw new Error('Publish on the event bus.');
  },
  subscribe(): never {
    throw new Error('Subscribe on the event bus of the context.');
  },
};

/** Builds the schema; root fields check access first. Throws if a field does not declare its access. */
export function buildApiSchema(): GraphQLSchema {
  return enforceAccess(
    buildSchemaSync({
      resolvers: [
        AccountResolver,
        AlertResolver,
        AnalyticsResolver,
        AuditResolver,
        CatalogueResolver,
        EventResolver,
        EvolutionResolver,
        FeedbackResolver,
        ImportResolver,
        ItemAdminResolver,
        PersonaResolver,
        PublishableKeyResolver,
        RecommendationResolver,
        SessionResolver,
        SettingsResolver,
        TokenResolver,
        TrainingResolver,
        UserDataResolver,
        UserResolver,
        UserFieldsResolver,
        ViewerFieldsResolver,
        WebhookResolver,
      ],
      // Arguments are checked where they are read; see arguments.ts.
      validate: false,
      pubSub: NO_DEFAULT_PUB_SUB,
    }),
  );
}

/** The schema in SDL, as committed in schema/generated/schema.graphql. */
export function printApiSchema(schema: GraphQLSchema): string {
  return `# Generated from the code by "npm run schema"; do not edit.\n\n${printSchema(schema)}\n`;
}
