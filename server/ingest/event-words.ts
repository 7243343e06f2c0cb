/** Stage 1: maps the event type names of shops and trackers to event types. */

import { EVENT_TYPES, InvalidInputError } from '../domain/index.js';
import type { EventType } from '../domain/index.js';

import { RowProblem } from './row-problem.js';

/** Meaning of a type name: an event type, or `ignore` to leave its rows out. */
export type WordMeaning = EventType | 'ignore';

const SYNONYMS: Readonly<Record<WordMeaning, readonly string[]>> = {
  impression: ['impressions', 'viewitemlist', 'productimpression', 'shown'],
  view: [
    'views',
    'pageview',
    'pageviews',
    'viewitem',
    'viewproduct',
    'productview',
    'viewcontent',
    'pv',
    'productviewed',
    'detailview',
  ],
  click: ['clicks', 'clickout', 'itemclick', 'productclick', 'selectitem', 'productclicked'],
  search: ['searches', 'viewsearchresults', 'searched'],
  cart: [
    'carts',
    'addtocart',
    'addedtocart',
    'cartadd',
    'addtobasket',
    'basketadd',
    'basket',
    'productadded',
  ],
  purchase: [
    'purchases',
    'purchased',
    'transaction',
    'transactions',
    'buy',
    'bought',
    'order',
    'ordered',
    'ordercompleted',
    'checkout',
    'sale',
  ],
  like: ['likes', 'liked', 'favorite', 'favourite', 'fav', 'thumbsup', 'upvote'],
  dislike: ['dislikes', 'disliked', 'thumbsdown', 'downvote'],
  // Undoing an earlier event says nothing about taste.
  ignore: ['removefromcart', 'removedfromcart', 'cartremove', 'removefrombasket', 'productremoved'],
};

const MEANINGS: ReadonlyMap<string, WordMeaning> = new Map(
  ([...EVENT_TYPES, 'ignore'] as const).flatMap((type) =>
    [type, ...SYNONYMS[type]].map((word) => [word, type] as const),
  ),
);

const UNKNOWN = `is not one of ${EVENT_TYPES.join(', ')}`;

/** Normalizes a word for comparison, without case, blanks and punctuation: `ADD_TO_CART` is `addtocart`. */
export function plainWord(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Parses a meaning given by the caller. Throws InvalidInputError for an unknown type. */
export function wordMeaning(text: string): WordMeaning {
  const word = plainWord(text);
  if (word === 'ignore') return 'ignore';
  const type = EVENT_TYPES.find((one) => one === word);
  if (type === undefined)
    throw new InvalidInputError(
      `"${text}" is not an event type; use one of ${EVENT_TYPES.join(', ')}, or ignore.`,
      'type',
    );
  return type;
}

/** Reads the type column. `given` maps plain words to meanings and takes precedence over the built-in synonyms. */
export class EventWords {
  private readonly cache = new Map<string, { meaning: WordMeaning; isAlias: boolean }>();

  constructor(private readonly given: ReadonlyMap<string, WordMeaning>) {}

  /** `isAlias` is true when the file uses a synonym. Throws RowProblem for an unknown word. */
  read(text: string): { meaning: WordMeaning; isAlias: boolean } {
    const known = this.cache.get(text);
    if (known !== undefined) return known;
    const word = plainWord(text);
    const meaning = this.given.get(word) ?? MEANINGS.get(word);
    if (meaning === undefined) throw new RowProblem('type', UNKNOWN, text);
    const found = { meaning, isAlias: meaning !== word };
    this.cache.set(text, found);
    return found;
  }
}
