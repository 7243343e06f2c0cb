/** Refusal of an HTTP request before it reaches GraphQL. */

import type { GraphQLFormattedError } from 'graphql';

/** Its message depends only on the request and contains no internals of the server. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly extensions?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
  }

  toJSON(): GraphQLFormattedError {
    return { message: this.message, extensions: { code: this.code, ...this.more.extensions } };
  }
}
