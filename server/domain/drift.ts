/** Drift: how far current users have moved from the users a model version was trained on. */

export interface FeatureDrift {
  readonly feature: string;
  /** Population stability index, >= 0. */
  readonly psi: number;
  readonly isDrifting: boolean;
}

export interface PersonaDrift {
  readonly personaId: string;
  /** Shift of its members' mean, in units of the typical distance of a user from a centroid. */
  readonly centroidShift: number;
  /** Of all users, 0..1. */
  readonly share: number;
  /** `share` at training time. */
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
  /** The reference version. */
  readonly modelVersion: number;
  readonly measuredAt: number;
  readonly nUsers: number;
  readonly isDrifting: boolean;
  readonly features: readonly FeatureDrift[];
  readonly personas: readonly PersonaDrift[];
  readonly thresholds: DriftThresholds;
}
