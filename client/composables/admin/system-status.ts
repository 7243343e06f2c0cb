/** Judges whether the system is well: a level for each part, and the worst of them for the whole. */

export type StatusLevel = 'good' | 'unknown' | 'warn' | 'bad';

export const STATUS_PARTS = ['version', 'run', 'next', 'drift', 'alerts', 'errors', 'push'] as const;
export type StatusPart = (typeof STATUS_PARTS)[number];

export interface StatusFacts {
  /** Null before the first training. */
  readonly modelVersion: number | null;
  /** Null before the first run. */
  readonly lastRunState: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'INTERRUPTED' | null;
  /** Null before the first check, and where it is withheld. */
  readonly isDrifting: boolean | null;
  /** Severities of the open alerts. */
  readonly openAlerts: readonly ('INFO' | 'WARNING' | 'CRITICAL')[];
  /** Share of failed requests; null without a request. */
  readonly errorRate: number | null;
  /** Null without a push. */
  readonly pushP99Ms: number | null;
}

/** From these values on, a part needs attention, or immediate attention. */
const ERROR_RATES = { warn: 0.01, bad: 0.05 } as const;
const PUSH_MS = { warn: 1_000, bad: 5_000 } as const;

const ORDER: readonly StatusLevel[] = ['good', 'unknown', 'warn', 'bad'];
const RUN_LEVELS = {
  RUNNING: 'good',
  SUCCEEDED: 'good',
  CANCELLED: 'good',
  INTERRUPTED: 'warn',
  FAILED: 'bad',
} as const;

export function levelsOf(facts: StatusFacts): Readonly<Record<StatusPart, StatusLevel>> {
  const { modelVersion, lastRunState, isDrifting, openAlerts, errorRate, pushP99Ms } = facts;
  return {
    version: modelVersion === null ? 'bad' : 'good',
    run: lastRunState === null ? 'unknown' : RUN_LEVELS[lastRunState],
    // A run by hand or after drift needs no schedule.
    next: 'good',
    drift: isDrifting === null ? 'unknown' : isDrifting ? 'warn' : 'good',
    alerts: openAlerts.includes('CRITICAL')
      ? 'bad'
      : openAlerts.some((severity) => severity === 'WARNING')
        ? 'warn'
        : 'good',
    // Without requests nothing failed, and without pushes none was late.
    errors: levelAt(errorRate ?? 0, ERROR_RATES),
    push: levelAt(pushP99Ms ?? 0, PUSH_MS),
  };
}

/** What is unknown is not a reason to worry. */
export function overallLevel(levels: readonly StatusLevel[]): 'good' | 'warn' | 'bad' {
  const worst = Math.max(...levels.map((level) => ORDER.indexOf(level)));
  return worst >= ORDER.indexOf('bad') ? 'bad' : worst >= ORDER.indexOf('warn') ? 'warn' : 'good';
}

function levelAt(value: number, { warn, bad }: { warn: number; bad: number }): StatusLevel {
  return value >= bad ? 'bad' : value >= warn ? 'warn' : 'good';
}
