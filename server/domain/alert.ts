/** Alerts: conditions that an admin sees and acknowledges. */

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
  /** Derived from the subject, so that instances that detect the same condition raise it once. */
  readonly alertId: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly at: number;
  readonly modelVersion: number | null;
  readonly acknowledgedAt: number | null;
  /** The pseudonym of the admin's token, or "admin" for a token without a user; null until acknowledged. */
  readonly acknowledgedBy: string | null;
  /** The figures behind it, by name. */
  readonly values: Readonly<Record<string, number>>;
}
