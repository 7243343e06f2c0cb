/** The headers that tell a browser to trust nothing but this server's own pages. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import helmet from 'helmet';

export type Headers = Readonly<Record<string, string>>;

/**
 * What helmet sets. It is the same for every answer, so that it is read off once and not made 13 times a request.
 * `fonts`: where fonts may come from besides this server; default nowhere.
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
        scriptSrc: ["'self'"],
        // The component library writes its theme into a style element.
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
