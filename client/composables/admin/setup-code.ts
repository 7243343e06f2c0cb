/** Code for the steps of the set-up, with the address of this server and a place for the token. */

export const SETUP_LANGUAGES = ['curl', 'javascript'] as const;
export type SetupLanguage = (typeof SETUP_LANGUAGES)[number];
type CodeStep = 'items' | 'events' | 'thumb';

const ITEMS = `itemId,title,category
book-1,A Field Guide to Clouds,nature
book-2,Mushrooms of the North,nature
book-3,The Quiet Harbour,novel
book-4,A House by the Sea,novel
book-5,Bread for Beginners,cooking
book-6,One Pot Dinners,cooking`;
/** User, type, item, and how many days and hours ago. */
const EVENTS = [
  ['ann', 'view', 'book-1', 26, 2],
  ['ann', 'like', 'book-2', 26, 1],
  ['ann', 'view', 'book-5', 25, 6],
  ['ben', 'view', 'book-2', 24, 3],
  ['ben', 'like', 'book-1', 24, 2],
  ['ben', 'view', 'book-4', 23, 8],
  ['cleo', 'like', 'book-3', 22, 5],
  ['cleo', 'view', 'book-4', 22, 4],
  ['cleo', 'view', 'book-6', 21, 9],
] as const;
const HOUR_MS = 3_600_000;

/** `now`: ms since the epoch; the sample events are of the weeks before. */
export function setupCode(
  origin: string,
  language: SetupLanguage,
  now: number,
): Readonly<Record<CodeStep, string>> {
  return (language === 'curl' ? curl : javascript)(origin, eventRows(now));
}

/** Whole hours, so that a second try within the hour sends the same events. */
function eventRows(now: number): string {
  const hour = Math.floor(now / HOUR_MS);
  const rows = EVENTS.map(([user, type, item, days, hours]) => {
    const at = new Date((hour - 24 * days - hours) * HOUR_MS).toISOString().replace('.000Z', 'Z');
    return `${user},${type},${item},${at}`;
  });
  return ['userId,type,itemId,timestamp', ...rows].join('\n');
}

function curl(origin: string, events: string): Record<CodeStep, string> {
  const send = (kind: string, rows: string) => `TOKEN='paste an admin token here'
curl -s "${origin}/import?kind=${kind}" -H "authorization: Bearer $TOKEN" --data-binary @- <<'ROWS'
${rows}
ROWS`;
  return {
    items: send('items', ITEMS),
    events: send('events', events),
    thumb: `TOKEN='paste an admin token here'
ask() {
  curl -s "${origin}/graphql" -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d "$1"
}
USER_ID=$(ask '{"query":"{ users(first: 1) { nodes { id } } }"}' | grep -oE '[0-9a-f]{64}')
ITEM_ID=$(ask "{\\"query\\":\\"{ recommendations(userId: \\\\\\"$USER_ID\\\\\\", first: 1) { items { item { id } } } }\\"}" |
  sed -E 's/.*"id":"([^"]+)".*/\\1/')
ask "{\\"query\\":\\"mutation { sendFeedback(input: { userId: \\\\\\"$USER_ID\\\\\\", itemId: \\\\\\"$ITEM_ID\\\\\\", value: UP }) { __typename } }\\"}"`,
  };
}

function javascript(origin: string, events: string): Record<CodeStep, string> {
  const send = (kind: string, rows: string) => `const TOKEN = 'paste an admin token here';
const rows = \`${rows}
\`;
const answer = await fetch('${origin}/import?kind=${kind}', {
  method: 'POST',
  headers: { authorization: \`Bearer \${TOKEN}\` },
  body: rows,
});
console.log(await answer.text());`;
  return {
    items: send('items', ITEMS),
    events: send('events', events),
    thumb: `// client/sdk of the repository, with a bundler or tsx
import WebSocket from 'ws';
import { createClient, SendFeedbackDocument, UserLookupDocument, UserPageDocument } from './client/sdk/index.js';

const TOKEN = 'paste an admin token here';
const client = createClient({ url: '${origin}/graphql', token: () => TOKEN, webSocketImpl: WebSocket });
const { users } = await client.request(UserPageDocument, { first: 1 });
const userId = users.nodes[0].id;
const { recommendations } = await client.request(UserLookupDocument, { id: userId, first: 1 });
const itemId = recommendations.items[0].item.id;
await client.request(SendFeedbackDocument, { input: { userId, itemId, value: 'UP' } });
await client.close();`,
  };
}
