/**
 * "Not me": a user corrects the assigned persona. The correction is written, the recommendations are recomputed and
 * published. Withdrawing it lets behaviour decide again.
 */

import type {
  EventPublisher,
  FeatureComparison,
  PersonaAssignment,
  PersonaEvidence,
} from '../../domain/index.js';

import type { DemoService, LiveUsers, PersonaService } from '../users/index.js';
import type { CorrectionPort } from '../index.js';

interface CorrectionOptions {
  readonly demo: DemoService;
  readonly users: LiveUsers;
  readonly personas: PersonaService;
  readonly bus: EventPublisher;
  readonly clock: () => number;
}

export class CorrectionService implements CorrectionPort {
  constructor(private readonly options: CorrectionOptions) {}

  async correct(userId: string, personaId: string | null): Promise<PersonaAssignment | null> {
    const { demo, personas, bus, clock } = this.options;
    const receivedAt = clock();
    await demo.meet([userId]);
    const persona = await personas.correct(userId, personaId);
    bus.publish('recommendations.updated', { userId, cause: 'PERSONA', receivedAt });
    return persona;
  }

  async behaviour(userId: string): Promise<{ feature: string; value: number }[]> {
    return this.options.personas.behaviour((await this.options.users.get(userId)).profile);
  }

  async evidence(userId: string): Promise<PersonaEvidence> {
    return this.options.personas.evidence((await this.options.users.get(userId)).profile);
  }

  async comparison(userId: string, personaId: string): Promise<FeatureComparison[]> {
    return this.options.personas.comparison((await this.options.users.get(userId)).profile, personaId);
  }
}
