/** The committed schema is what the code makes, and it documents itself. */

import { readFileSync } from 'node:fs';

import type { GraphQLSchema } from 'graphql';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';

import { buildApiSchema, printApiSchema } from '../../server/resolvers/index.js';

const COMMITTED = new URL('../../schema/generated/schema.graphql', import.meta.url);
const schema = buildApiSchema();

describe('the GraphQL schema', () => {
  it('is committed as the code makes it (run "npm run schema" after a change)', () => {
    expect(readFileSync(COMMITTED, 'utf8')).toBe(printApiSchema(schema));
  });

  it('describes every type, field, argument and enum value', () => {
    expect(undescribed(schema)).toEqual([]);
  });

  it('bounds every list argument "first" with a default', () => {
    const unbounded = [...fieldsOf(schema)]
      .flatMap(({ path, args }) => args.map((arg) => ({ path: `${path}(${arg.name})`, arg })))
      .filter(({ arg }) => arg.name === 'first' && arg.defaultValue === undefined);
    expect(unbounded).toEqual([]);
  });
});

function* fieldsOf(from: GraphQLSchema) {
  for (const type of Object.values(from.getTypeMap())) {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields()))
      yield { path: `${type.name}.${field.name}`, ...field };
  }
}

function undescribed(from: GraphQLSchema): string[] {
  const missing: string[] = [];
  const check = (path: string, description: string | null | undefined): void => {
    if ((description ?? '').trim() === '') missing.push(path);
  };
  const builtIn = new Set(['Query', 'Mutation', 'Subscription', 'Boolean', 'Float', 'ID', 'Int', 'String']);
  for (const type of Object.values(from.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (!builtIn.has(type.name)) check(type.name, type.description);
    if (isEnumType(type))
      for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields()))
        check(`${type.name}.${field.name}`, field.description);
    }
  }
  for (const { path, description, args } of fieldsOf(from)) {
    check(path, description);
    for (const arg of args) check(`${path}(${arg.name})`, arg.description);
  }
  return missing;
}
