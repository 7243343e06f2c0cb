/**
 * GraphiQL for this server's schema; it contacts no other host. Subscriptions go over the WebSocket, with the
 * token of the Authorization header in the header editor.
 */

import 'graphiql/style.css';
import './explorer.css';

import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const WELCOME = `# The API of SmartPersona. Only "dataset" and the demo sign-in are open to anybody.
# For everything else put a token under "Headers" below: { "authorization": "Bearer ..." }
# It comes from \`npm run token\`, or from the mutation "demoSignIn" while all data are synthetic.

query Dataset {
  dataset {
    isSynthetic
  }
  demoUsers(first: 3) {
    id
    personaLabel
  }
}
`;

let token: string | undefined;

const fetch = createGraphiQLFetcher({
  url: '/graphql',
  wsClient: createClient({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: () => ({ token }),
    retryAttempts: 0,
  }),
});

const fetcher: Fetcher = (request, options) => {
  const headers = Object.entries(options?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  token = /^Bearer +(\S+)/i.exec(String(Object.fromEntries(headers)['authorization'] ?? ''))?.[1];
  return fetch(request, options);
};

const element = document.getElementById('explorer');
if (element === null) throw new Error('The page has no place for the explorer.');
createRoot(element).render(
  createElement(GraphiQL, { fetcher, defaultQuery: WELCOME, defaultEditorToolsVisibility: 'headers' }),
);
