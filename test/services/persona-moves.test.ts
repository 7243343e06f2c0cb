/** A move that a crash cuts in two is told once. */

import { describe, expect, it, vi } from 'vitest';

import { smallWorld } from '../support/small-world.js';

describe('a move to another persona', () => {
  it('is told once when the user is not written after its step, and another instance makes it again', async () => {
    const { store, container, another } = await smallWorld();
    await container.services.training.run('startup');
    const { rows } = await store.users.list({ first: 1, after: null });
    const { userId, persona } = rows[0];
    const other = container.services.personas.personas().find((one) => one.personaId !== persona!.personaId)!;
    vi.spyOn(store.users, 'assignPersonas').mockRejectedValueOnce(new Error('the database is away'));
    await expect(container.services.corrections.correct(userId, other.personaId)).rejects.toThrow();

    const second = another();
    await second.start();
    await second.services.corrections.correct(userId, other.personaId);
    const told = await store.personaHistory.findByUser(userId, 9);
    expect(told.map(({ cause, personaId }) => [cause, personaId])).toEqual([
      ['correction', other.personaId],
      ['model', persona!.personaId],
    ]);
    await second.stop();
    await container.stop();
  });
});

describe('a confidence that hardly moves', () => {
  it('is not written again, and one that moves with its persona is', async () => {
    const { store, container } = await smallWorld();
    await container.services.training.run('startup');
    const { feedback, userData, corrections, personas } = container.services;
    const { userId, persona } = (await store.users.list({ first: 1, after: null })).rows[0];
    const items = (await store.items.list({ first: 2, after: null })).rows.map(({ itemId }) => itemId);
    const like = (itemId: string) => feedback.submit({ userId, itemId, value: 1, listId: null });
    // Whatever the first thumb settles.
    await like(items[0]);
    await userData.export(userId);

    const written = vi.spyOn(store.users, 'assignPersonas');
    await like(items[1]);
    await userData.export(userId);
    expect(written).not.toHaveBeenCalled();

    const other = personas.personas().find(({ personaId }) => personaId !== persona!.personaId)!;
    await corrections.correct(userId, other.personaId);
    expect(written).toHaveBeenCalledOnce();
    await container.stop();
  });
});
