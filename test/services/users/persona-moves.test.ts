/** A move that a crash cuts in two is told once. */

import { describe, expect, it, vi } from 'vitest';

import { smallWorld } from '../../support/small-world.js';

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
