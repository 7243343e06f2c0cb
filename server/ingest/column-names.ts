/** Stage 1: the fields of each kind of table, and the column names they are recognised by. */

import { plainWord } from './event-words.js';

/** Kind of table. `users` is a list of user ids. */
export type TableKind = 'items' | 'events' | 'ratings' | 'users';

export interface FieldRule {
  readonly field: string;
  /** A file without a column for the field is rejected. */
  readonly isRequired: boolean;
  /**
   * Column names in lower case without blanks and punctuation, best match first. The field's own name precedes them.
   */
  readonly names: readonly string[];
  /** Cells identify users and are never shown. */
  readonly isPersonal?: boolean;
  /** Reads all matching columns instead of the first. */
  readonly isMany?: boolean;
}

const USER = [
  'user',
  'visitorid',
  'visitor',
  'customerid',
  'customer',
  'reviewerid',
  'memberid',
  'accountid',
  'clientid',
  'buyerid',
  'shopperid',
  'readerid',
  'listenerid',
  'playerid',
  'subscriberid',
  'userpseudoid',
  'username',
  'userkey',
  'useruuid',
  'anonymousid',
  'customeruniqueid',
  'customerno',
  'customernumber',
  'clientno',
  'personid',
  'profileid',
  'reviewer',
  'patronid',
  'viewerid',
  'uid',
];
const ITEM = [
  'item',
  'productid',
  'product',
  'movieid',
  'movie',
  'bookid',
  'articleid',
  'songid',
  'trackid',
  'videoid',
  'gameid',
  'appid',
  'animeid',
  'recipeid',
  'businessid',
  'courseid',
  'newsid',
  'contentid',
  'listingid',
  'offerid',
  'variantid',
  'iid',
  'asin',
  'parentasin',
  'sku',
  'isbn',
  'isbn13',
  'ean',
  'gtin',
  'stockcode',
  'itemno',
  'itemcode',
  'itemsku',
  'productcode',
  'productno',
  'productsku',
  'articleno',
  'goodsid',
  'skuid',
  'showid',
  'filmid',
];
const RATING = [
  'overall',
  'stars',
  'score',
  'ratings',
  'bookrating',
  'userrating',
  'ratingvalue',
  'ratingscore',
  'reviewrating',
  'myrating',
  'starrating',
  'reviewscore',
  'reviewstars',
  'rate',
];
const TIME = [
  'ts',
  'time',
  'datetime',
  'date',
  'eventtime',
  'eventtimestamp',
  'eventdate',
  'eventdatetime',
  'unixreviewtime',
  'unixtime',
  'occurredat',
  'createdat',
  'created',
  'timestampms',
  'reviewtime',
  'reviewdate',
  'ratedat',
  'dateadded',
  'orderdate',
  'purchasedate',
  'invoicedate',
  'tdat',
  'sentat',
  'at',
  'when',
  'unixtimestamp',
  'epoch',
  'eventts',
  'createdon',
  'purchasedat',
  'orderedat',
  'viewedat',
  'ratingtimestamp',
  'reviewtimestamp',
  'ratingdate',
  'transactiondate',
  'visittime',
  'clienttime',
  'servertime',
];

const rule = (field: string, names: readonly string[], more: Partial<FieldRule> = {}): FieldRule => ({
  field,
  names,
  isRequired: false,
  ...more,
});

const FIELDS: Readonly<Record<TableKind, readonly FieldRule[]>> = {
  items: [
    rule('itemId', [...ITEM, 'id'], { isRequired: true }),
    rule('title', [
      'name',
      'itemtitle',
      'itemname',
      'producttitle',
      'productname',
      'booktitle',
      'movietitle',
      'originaltitle',
      'displayname',
    ]),
    rule('category', [
      'categories',
      'maincategory',
      'productcategory',
      'categorypath',
      'categoryname',
      'categorycode',
      'department',
      'genres',
      'genre',
    ]),
    rule('tags', ['keywords', 'labels']),
    rule('locale', ['language', 'lang']),
    rule('createdAt', ['created']),
    rule(
      'available',
      ['isavailable', 'availability', 'instock', 'isinstock', 'stockstatus', 'availabilitystatus'],
      { isMany: true },
    ),
  ],
  events: [
    rule('userId', USER, { isRequired: true, isPersonal: true }),
    rule(
      'type',
      [
        'event',
        'eventtype',
        'eventname',
        'action',
        'actiontype',
        'behavior',
        'behaviour',
        'behaviortype',
        'behaviourtype',
        'interaction',
        'interactiontype',
        'activity',
      ],
      { isRequired: true },
    ),
    rule('itemId', ITEM, { isRequired: true }),
    rule('timestamp', TIME, { isRequired: true }),
    rule('value', []),
    rule('sessionId', ['session', 'usersession', 'visitid'], { isPersonal: true }),
    rule('position', []),
    rule('listId', []),
    rule('device', ['devicetype', 'devicecategory']),
    rule('locale', ['language', 'lang']),
  ],
  ratings: [
    rule('userId', USER, { isRequired: true, isPersonal: true }),
    rule('itemId', ITEM, { isRequired: true }),
    rule('rating', RATING, { isRequired: true }),
    rule('timestamp', TIME),
  ],
  users: [rule('userId', USER, { isRequired: true, isPersonal: true })],
};

/** The fields of a kind of table, in the order of a row's values. */
export function fieldsOf(kind: TableKind): readonly FieldRule[] {
  return FIELDS[kind];
}

export function isFieldName(name: string): boolean {
  return Object.values(FIELDS).some((rules) => rules.some(({ field }) => field === name));
}

/** All fields of all kinds, for messages. */
export function fieldNames(): string[] {
  return [...new Set(Object.values(FIELDS).flatMap((rules) => rules.map(({ field }) => field)))];
}

/** The columns for a field: at most the best match, or all matches if the rule says `isMany`. */
export function columnsFor({ field, names, isMany }: FieldRule, columns: readonly string[]): string[] {
  const known = [field.toLowerCase(), ...names];
  const ranked = columns
    .map((column) => ({ column, rank: column === field ? -1 : known.indexOf(plainWord(column)) }))
    .filter(({ column, rank }) => column === field || rank >= 0)
    .sort((left, right) => left.rank - right.rank)
    .map(({ column }) => column);
  return isMany === true ? ranked : ranked.slice(0, 1);
}

/** Whether a column identifies users, in any kind of table. */
export function isUserColumn(column: string): boolean {
  return ['userid', ...USER].includes(plainWord(column));
}
