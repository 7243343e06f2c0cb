/** How far today's users have moved from those a model version was trained on. */

export interface FeatureDrift {
  readonly feature: string;
  /** Population stability index, >= 0. */
  readonly psi: number;
  readonly isDrifting: boolean;
}

export interface PersonaDrift {
  readonly personaId: string;
  /** Distance its members' mean has moved, in typical distances of a user from a centroid. */
  readonly centroidShift: number;
  /** Of all users, 0..1. */
  readonly share: number;
  /** When the version was trained. */
  readonly previousShare: number;
  readonly shareShift: number;
  readonly isDrifting: boolean;
}

export interface DriftThresholds {
  readonly psi: number;
  readonly centroid: number;
  readonly share: number;
}

export interface DriftReport {
  /** The version it is measured against. */
  readonly modelVersion: number;
  readonly measuredAt: number;
  readonly nUsers: number;
  readonly isDrifting: boolean;
  readonly features: readonly FeatureDrift[];
  readonly personas: readonly PersonaDrift[];
  readonly thresholds: DriftThresholds;
}
