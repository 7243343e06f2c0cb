/** Security headers: a browser may load content only from this server. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import helmet from 'helmet';

export type Headers = Readonly<Record<string, string>>;

/**
 * The headers of helmet, computed once since they are the same for every response. `fonts`: additional sources of fonts;
 * default none.
 */
export function securityHeaders({ fonts = [] }: { fonts?: readonly string[] } = {}): Headers {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: () => undefined,
  };
  const middleware = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        // WebAssembly for the kernels of private mode: code that scripts of this server compile, and no `eval`.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        // The component library inserts its theme as a style element.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", ...fonts],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
  });
  middleware({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return Object.fromEntries(headers);
}
