/**
 * Generates typed documents for every operation in graphql/ from the committed schema; and a second set without
 * graphql/admin, so that users do not load the operations of administrators.
 */

import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

const output = {
  preset: 'client',
  presetConfig: {
    fragmentMasking: false,
    persistedDocuments: { hashAlgorithm: 'sha256' },
  },
  documentTransforms: [addTypenameSelectionDocumentTransform],
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    strictScalars: true,
    scalars: { DateTime: 'string' },
    emitLegacyCommonJSImports: false,
  },
} as const;

const config: CodegenConfig = {
  schema: 'schema/generated/schema.graphql',
  generates: {
    'client/generated/': { ...output, documents: 'client/graphql/**/*.graphql' },
    'client/generated/user/': { ...output, documents: 'client/graphql/*.graphql' },
  },
};

export default config;
