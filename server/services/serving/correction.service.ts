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

import type { DemoService, PersonaService, ProfileService } from '../users/index.js';
import type { RecommendationService } from './recommendation.service.js';
import type { CorrectionPort } from '../index.js';

interface CorrectionOptions {
  readonly demo: DemoService;
  readonly profiles: ProfileService;
  readonly personas: PersonaService;
  readonly recommender: RecommendationService;
  readonly bus: EventPublisher;
  readonly clock: () => number;
}

export class CorrectionService implements CorrectionPort {
  constructor(private readonly options: CorrectionOptions) {}

  async correct(userId: string, personaId: string | null): Promise<PersonaAssignment | null> {
    const { profiles, personas, recommender, bus, clock } = this.options;
    const receivedAt = clock();
    await this.options.demo.meet([userId]);
    const persona = await personas.correct(await profiles.get(userId), personaId);
    recommender.forget(userId);
    await profiles.announce([userId]);
    bus.publish('recommendations.updated', { userId, cause: 'PERSONA', receivedAt });
    return persona;
  }

  async behaviour(userId: string): Promise<{ feature: string; value: number }[]> {
    return this.options.personas.behaviour(await this.options.profiles.get(userId));
  }

  async evidence(userId: string): Promise<PersonaEvidence> {
    return this.options.personas.evidence(await this.options.profiles.get(userId));
  }

  async comparison(userId: string, personaId: string): Promise<FeatureComparison[]> {
    return this.options.personas.comparison(await this.options.profiles.get(userId), personaId);
  }
}
