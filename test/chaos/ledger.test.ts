/** The judge of the chaos rounds finds what is lost, doubled or wrong. */

import { describe, expect, it } from 'vitest';

import { Ledger } from './ledger.js';

const AT = '2026-03-01T00:00:00.000Z';
const like = { id: 'a', type: 'like', itemId: 'i', at: Date.parse(AT) };

describe('the ledger of a visitor', () => {
  it('finds nothing where the record holds what was acknowledged', () => {
    const ledger = new Ledger();
    ledger.thumbs.push({ itemId: 'i', value: 'UP', acknowledgedAt: AT });
    ledger.events.push({ type: 'VIEW', itemId: 'i', at: AT, sessionId: 's', isAcknowledged: true });
    const view = { ...like, id: 'b', type: 'view' };
    expect(ledger.breaches({ feedback: [{ itemId: 'i', value: 1 }], activity: [like, view] })).toEqual([]);
  });

  it('names a thumb, a trace and an event that are lost', () => {
    const ledger = new Ledger();
    ledger.thumbs.push({ itemId: 'i', value: 'UP', acknowledgedAt: AT });
    ledger.events.push({ type: 'VIEW', itemId: 'i', at: AT, sessionId: 's', isAcknowledged: true });
    expect(ledger.breaches({ feedback: [], activity: [] })).toHaveLength(3);
  });

  it('names events that are doubled', () => {
    const ledger = new Ledger();
    ledger.events.push({ type: 'LIKE', itemId: 'i', at: AT, sessionId: 's', isAcknowledged: true });
    expect(ledger.breaches({ feedback: [], activity: [like, { ...like, id: 'b' }] })).toHaveLength(1);
    expect(ledger.breaches({ feedback: [], activity: [like, like] })).toHaveLength(2);
  });

  it('misses the trace of a retraction only where there was an opinion to take back', () => {
    const ledger = new Ledger();
    ledger.thumbs.push({ itemId: 'i', value: 'UP', acknowledgedAt: null });
    ledger.thumbs.push({ itemId: 'i', value: 'NONE', acknowledgedAt: AT });
    expect(ledger.breaches({ feedback: [], activity: [] })).toEqual([]);
    ledger.thumbs[0]!.acknowledgedAt = AT;
    expect(ledger.breaches({ feedback: [], activity: [like] })).toEqual([
      `the record lacks the acknowledged thumb retract i ${Date.parse(AT)}`,
    ]);
  });

  it('takes a thumb without an answer for stored or not stored', () => {
    const ledger = new Ledger();
    ledger.thumbs.push({ itemId: 'i', value: 'UP', acknowledgedAt: AT });
    ledger.thumbs.push({ itemId: 'i', value: 'DOWN', acknowledgedAt: null });
    expect([...ledger.possibleOpinions('i')]).toEqual([1, -1]);
    expect([...ledger.possibleOpinions('other')]).toEqual([0]);
  });
});
