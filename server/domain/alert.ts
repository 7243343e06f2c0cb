/** What an admin has to know of and to say that it is known. */

export const ALERT_KINDS = [
  'drift',
  'candidate-held',
  'training-failed',
  'model-corrupt',
  'quality',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export interface Alert {
  /** Follows from what it is about, so that instances that see the same thing raise it once. */
  readonly alertId: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly at: number;
  readonly modelVersion: number | null;
  readonly acknowledgedAt: number | null;
  /** The pseudonym of the admin's token, or "admin" for a token without a user; null while nobody has. */
  readonly acknowledgedBy: string | null;
  /** The figures behind it, by name. */
  readonly values: Readonly<Record<string, number>>;
}
