/** What an HTTP request is refused with before GraphQL sees it. */

import type { GraphQLFormattedError } from 'graphql';

/** Made of the request alone; says nothing of how the server works. */
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
