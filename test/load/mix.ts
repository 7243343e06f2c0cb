/** The mix of requests: which operation comes next, for whom, about which item. */

export const OPERATIONS = ['lists', 'thumbs', 'events', 'popular'] as const;
export type Operation = (typeof OPERATIONS)[number];
/** Shares in percent. */
export type Mix = Readonly<Record<Operation, number>>;

export const DEFAULT_MIX = 'lists=70,thumbs=15,events=10,popular=5';

const TEXTS: Readonly<Record<Operation, string>> = {
  lists: '{ recommendations(first: 10) { listId revision items { rank score item { id title category } } } }',
  thumbs:
    'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { ... on FeedbackAccepted { list { revision } } } }',
  events: 'mutation ($events: [EventInput!]!) { recordEvents(events: $events) { recorded } }',
  popular: '{ items(first: 20) { edges { node { id title } } } }',
};

/** Parses "lists=70,thumbs=30"; operations that are not named have no share. Null unless the shares add up to 100. */
export function parseMix(text: string): Mix | null {
  const mix = { lists: 0, thumbs: 0, events: 0, popular: 0 };
  for (const part of text.split(',')) {
    const [, name, share] = /^\s*(\w+)=(\d{1,3})\s*$/.exec(part) ?? [];
    const operation = OPERATIONS.find((one) => one === name);
    if (operation === undefined) return null;
    mix[operation] = Number(share);
  }
  return Object.values(mix).reduce((sum, share) => sum + share, 0) === 100 ? mix : null;
}

export interface PlannedRequest {
  readonly operation: Operation;
  readonly body: string;
  readonly token: string;
}

/**
 * An endless plan. Operations are interleaved by their shares, without randomness, so two runs send the same. Users take
 * turns, and each thumb says something new: the next item, and the opposite opinion once the items are through.
 */
export function planRequests(
  mix: Mix,
  { tokens, itemIds }: { tokens: readonly string[]; itemIds: readonly string[] },
): () => PlannedRequest {
  const credit = new Map<Operation, number>(OPERATIONS.map((operation) => [operation, 0]));
  let [nRequests, nThumbs] = [0, 0];
  const choose = (): Operation => {
    for (const operation of OPERATIONS) credit.set(operation, credit.get(operation)! + mix[operation]);
    const [chosen] = [...credit].sort(([, a], [, b]) => b - a)[0]!;
    credit.set(chosen, credit.get(chosen)! - 100);
    return chosen;
  };
  return () => {
    const operation = choose();
    const n = nRequests++;
    if (operation !== 'thumbs') {
      const itemId = itemIds[n % itemIds.length];
      const variables = operation === 'events' ? { events: [{ type: 'VIEW', itemId }] } : {};
      return { operation, body: bodyOf(operation, variables), token: tokens[n % tokens.length]! };
    }
    const m = nThumbs++;
    const round = Math.floor(m / tokens.length);
    const value = Math.floor(round / itemIds.length) % 2 === 0 ? 'UP' : 'DOWN';
    const input = { itemId: itemIds[round % itemIds.length], value };
    return { operation, body: bodyOf(operation, { input }), token: tokens[m % tokens.length]! };
  };
}

function bodyOf(operation: Operation, variables: object): string {
  return JSON.stringify({ query: TEXTS[operation], variables });
}
