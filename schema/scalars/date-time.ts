/** The only custom scalar. Values inside the server are milliseconds since the epoch. */

import { GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

const toMilliseconds = (value: unknown): number => (GraphQLDateTime.parseValue(value) as Date).getTime();

/** Milliseconds since the epoch in the server, an RFC 3339 string such as "2026-03-01T12:00:00.000Z" in the API. */
export const DateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description: 'An instant in UTC, as in RFC 3339: "2026-03-01T12:00:00.000Z".',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => new Date(value as number).toISOString(),
  parseValue: toMilliseconds,
  parseLiteral: (node) => toMilliseconds(node.kind === Kind.STRING ? node.value : null),
});
