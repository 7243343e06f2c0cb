/** What every store of items and users must do. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { PersonaAssignment } from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';

import { PROTOTYPE_NAMES, recordOf } from '../support/prototype-names.js';
import { waitFor } from '../support/wait-for.js';

import { NOON, collect, item, userIdOf, type MakeStore } from './samples.js';

export function describeItemRepository(name: string, makeStore: MakeStore): void {
  describe(`items in ${name}`, () => {
    let items: Store['items'];
    beforeEach(async () => {
      ({ items } = await makeStore());
    });

    it('gives back exactly what was stored, whatever the attributes are called', async () => {
      const rich = item('a/1', {
        title: 'Çok güzel',
        tags: ['x', 'y'],
        attributes: { 'avg.rating': 4.5, $price: 'high', plain: 1 },
        locale: 'tr',
        isAvailable: false,
      });
      await items.replaceMany([rich]);
      expect(await items.find('a/1')).toEqual(rich);
      expect(await items.find('a/2')).toBeNull();
    });

    it('keeps attributes, categories and ids with the names that every object inherits', async () => {
      const rows = PROTOTYPE_NAMES.map((name) =>
        item(name, {
          category: name,
          tags: [...PROTOTYPE_NAMES],
          attributes: recordOf(PROTOTYPE_NAMES.map((key) => [key, `value of ${key}`])),
        }),
      );
      await items.replaceMany(rows);
      for (const row of rows) {
        const found = await items.find(row.itemId);
        expect(found).toEqual(row);
        expect(Object.entries(found!.attributes)).toEqual(Object.entries(row.attributes));
      }
      expect(await items.replaceMany(rows)).toMatchObject({ unchanged: rows.length });
      expect(await items.categories()).toEqual([...PROTOTYPE_NAMES].sort());
    });

    it('counts what is new, changed and the same, and the same rows again change nothing', async () => {
      const rows = [item('a'), item('b', { attributes: { x: 1, y: 2 } }), item('c')];
      expect(await items.replaceMany(rows)).toEqual({ inserted: 3, updated: 0, unchanged: 0 });
      const again = [rows[0], item('b', { attributes: { y: 2, x: 1 } }), item('c', { title: 'New' })];
      expect(await items.replaceMany(again)).toEqual({ inserted: 0, updated: 1, unchanged: 2 });
      expect((await items.find('c'))?.title).toBe('New');
      expect(await items.count()).toBe(3);
    });

    it('takes the last of rows that repeat an id in one call', async () => {
      await items.replaceMany([item('a', { title: 'first' }), item('a', { title: 'last' })]);
      expect((await items.find('a'))?.title).toBe('last');
      expect(await items.count()).toBe(1);
    });

    it('finds many at once, leaving out the unknown and the repeated', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `i${index}`);
      await items.replaceMany(ids.map((id) => item(id)));
      const found = await items.findMany([...ids, 'nowhere', 'i0']);
      expect(found.map((row) => row.itemId).sort()).toEqual([...ids].sort());
      expect(await items.findMany([])).toEqual([]);
    });

    it('lists pages in ascending id order without gaps or repeats', async () => {
      const ids = ['b', 'd', 'a', 'c', 'e'];
      await items.replaceMany(ids.map((id) => item(id)));
      const seen: string[] = [];
      let after: string | null = null;
      let hasNextPage = true;
      while (hasNextPage) {
        const page = await items.list({ first: 2, after });
        seen.push(...page.rows.map((row) => row.itemId));
        after = seen.at(-1)!;
        ({ hasNextPage } = page);
      }
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('lists by category', async () => {
      await items.replaceMany([
        item('1', { title: 'The Hobbit', category: 'fantasy' }),
        item('2', { title: 'Hóbbits of the North (vol. 2)', category: 'essays' }),
        item('3', { title: 'A cohobbit', category: 'fantasy' }),
      ]);
      const { rows } = await items.list({ first: 10, after: null, category: 'fantasy' });
      expect(rows.map((row) => row.itemId)).toEqual(['1', '3']);
    });

    it('streams all in ascending id order, in batches', async () => {
      const ids = Array.from({ length: 1_203 }, (_, index) => `i${String(index).padStart(5, '0')}`);
      await items.replaceMany([...ids].reverse().map((id) => item(id)));
      const batches = await collect(items.streamAll());
      expect(batches.length).toBeGreaterThan(1);
      expect(batches.flat().map((row) => row.itemId)).toEqual(ids);
    });

    it('names each category once, without the empty one', async () => {
      const rows = ['b', 'a', 'b', ''].map((category, index) => item(String(index), { category }));
      await items.replaceMany(rows);
      expect(await items.categories()).toEqual(['a', 'b']);
    });
  });
}

export function describeUserRepository(name: string, makeStore: MakeStore): void {
  describe(`users in ${name}`, () => {
    let users: Store['users'];
    const [ann, bob, cem] = [1, 2, 3].map(userIdOf);
    const row = (userId: string, isSynthetic = false) => ({
      userId,
      locale: 'en',
      createdAt: NOON,
      isSynthetic,
    });
    const persona = (personaId: string) => ({
      personaId,
      confidence: 0.75,
      since: NOON,
      pending: null,
      modelVersion: 1,
    });
    beforeEach(async () => {
      ({ users } = await makeStore());
    });

    it('creates the missing ones and leaves the others as they are', async () => {
      expect(await users.ensure([row(ann), row(bob), row(ann)])).toBe(2);
      expect(await users.ensure([{ ...row(ann), locale: 'de', createdAt: 1 }, row(cem, true)])).toBe(1);
      expect(await users.find(ann)).toEqual({ ...row(ann), persona: null, eventCount: 0 });
      expect((await users.find(cem))?.isSynthetic).toBe(true);
      expect(await users.find(userIdOf(9))).toBeNull();
      expect(await users.count()).toBe(3);
      expect((await users.listIds()).sort()).toEqual([ann, bob, cem]);
      expect((await users.findMany([bob, ann, userIdOf(9)])).map((user) => user.userId).sort()).toEqual([
        ann,
        bob,
      ]);
    });

    it('sets personas for users it has, and makes none for others', async () => {
      await users.ensure([row(ann), row(bob), row(cem)]);
      await users.assignPersonas([
        { userId: ann, persona: persona('seeker'), eventCount: 7 },
        { userId: bob, persona: persona('seeker'), eventCount: 8 },
        { userId: userIdOf(9), persona: persona('seeker'), eventCount: 9 },
      ]);
      expect(await users.find(ann)).toMatchObject({ persona: persona('seeker'), eventCount: 7 });
      expect(await users.find(cem)).toMatchObject({ persona: null });
      expect(await users.count()).toBe(3);
    });

    it('leaves a persona that the same version has assigned already, and streams who has which', async () => {
      await users.ensure([row(ann), row(bob)]);
      const under = (modelVersion: number, personaId: string) => ({ ...persona(personaId), modelVersion });
      await users.assignPersonas([{ userId: ann, persona: under(2, 'seeker'), eventCount: 7 }]);
      await users.assignPersonas(
        [ann, bob].map((userId) => ({ userId, persona: under(2, 'buyer'), eventCount: 5 })),
        { unlessVersion: 2 },
      );
      const streamed = (await collect(users.streamPersonas())).flat();
      expect(streamed.sort((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual([
        { userId: ann, persona: under(2, 'seeker'), eventCount: 7 },
        { userId: bob, persona: under(2, 'buyer'), eventCount: 5 },
      ]);
    });

    it('keeps what was assigned with more events, unless a version or the user says otherwise', async () => {
      await users.ensure([row(ann)]);
      const buyer = { userId: ann, persona: persona('buyer'), eventCount: 6 };
      await users.assignPersonas([{ userId: ann, persona: persona('seeker'), eventCount: 7 }]);
      await users.assignPersonas([buyer]);
      expect(await users.find(ann)).toMatchObject({ persona: persona('seeker'), eventCount: 7 });
      await users.assignPersonas([{ ...buyer, eventCount: 7 }]);
      expect(await users.find(ann)).toMatchObject({ persona: persona('buyer'), eventCount: 7 });
      await users.assignPersonas([{ ...buyer, persona: persona('browser') }], { unlessVersion: 99 });
      expect((await users.find(ann))?.persona?.personaId).toBe('browser');
      await users.assignPersonas([{ ...buyer, eventCount: 1 }], { isCorrection: true });
      expect((await users.find(ann))?.persona?.personaId).toBe('buyer');
    });

    it('moves a persona a user has chosen for the user only, or under another version', async () => {
      await users.ensure([row(ann)]);
      const assign = (personaId: string, more: object, options = {}) =>
        users.assignPersonas(
          [{ userId: ann, persona: { ...persona(personaId), modelVersion: 2, ...more }, eventCount: 1 }],
          options,
        );
      const held = async () => (await users.find(ann))?.persona?.personaId;
      await assign('seeker', { isChosen: true }, { isCorrection: true });
      await assign('buyer', {});
      expect(await held()).toBe('seeker');
      await assign('browser', {}, { isCorrection: true });
      expect(await held()).toBe('browser');
      await assign('seeker', { isChosen: true });
      await assign('buyer', { modelVersion: 3 });
      expect(await held()).toBe('buyer');
    });

    it('takes a persona away, but not one the user has chosen unless the user or another version says so', async () => {
      await users.ensure([row(ann)]);
      const assign = (given: PersonaAssignment | null, options = {}) =>
        users.assignPersonas([{ userId: ann, persona: given, eventCount: 1 }], options);
      const held = async () => (await users.find(ann))?.persona?.personaId;
      const chosen = { ...persona('seeker'), modelVersion: 2, isChosen: true };
      await assign(persona('buyer'));
      await assign(null);
      expect(await held()).toBeUndefined();
      await assign(chosen, { isCorrection: true });
      await assign(null);
      expect(await held()).toBe('seeker');
      await assign(null, { isCorrection: true });
      expect(await held()).toBeUndefined();
      await assign(chosen, { isCorrection: true });
      await assign(null, { unlessVersion: 2 });
      expect(await held()).toBe('seeker');
      await assign(null, { unlessVersion: 3 });
      expect(await held()).toBeUndefined();
    });

    it('lists pages by persona and by origin in ascending id order', async () => {
      await users.ensure([row(cem), row(ann, true), row(bob, true)]);
      await users.assignPersonas(
        [ann, cem].map((userId) => ({ userId, persona: persona('buyer'), eventCount: 1 })),
      );
      const listed = async (query: object) => {
        const { rows, hasNextPage } = await users.list({ first: 1, after: null, ...query });
        return [rows.map((user) => user.userId), hasNextPage];
      };
      expect(await listed({})).toEqual([[ann], true]);
      expect(await listed({ after: ann, personaId: 'buyer' })).toEqual([[cem], false]);
      expect(await listed({ after: ann, isSynthetic: true })).toEqual([[bob], false]);
      expect(await listed({ isSynthetic: false })).toEqual([[cem], false]);
      expect(await listed({ idPrefix: bob.slice(0, 63) })).toEqual([[ann], true]);
      expect(await listed({ idPrefix: bob, personaId: null })).toEqual([[bob], false]);
      expect(await listed({ idPrefix: bob, after: bob })).toEqual([[], false]);
      expect(await listed({ idPrefix: 'f' })).toEqual([[], false]);
    });

    it('deletes one user and says whether there was one', async () => {
      await users.ensure([row(ann), row(bob)]);
      expect(await users.delete(ann)).toBe(1);
      expect(await users.delete(ann)).toBe(0);
      expect(await users.count()).toBe(1);
    });

    it('tells who listens of every user that is deleted', async () => {
      await users.ensure(Array.from({ length: 40 }, (_, index) => row(userIdOf(index + 1))));
      const stop = new AbortController();
      const deleted = users.watchDeleted({ signal: stop.signal });
      if (deleted === null) return;
      const heard: string[] = [];
      const listening = (async () => {
        for await (const userId of deleted) {
          heard.push(userId);
          if (userId === userIdOf(40)) stop.abort();
        }
      })();
      // One after the other until the listener is there; the last one ends it.
      for (let index = 1; index < 40 && heard.length === 0; index += 1) {
        await users.delete(userIdOf(index));
        await waitFor(() => heard.length > 0, 'a deletion is heard of', 100).catch(() => undefined);
      }
      await users.delete(userIdOf(40));
      await listening;
      expect(heard.at(-1)).toBe(userIdOf(40));
    });
  });
}
