/** A user as the system knows one: a pseudonym and what follows from behaviour. */

/** 64 hexadecimal digits. Whatever else names a user is a raw id, which must not get past the door. */
const PSEUDONYM = /^[0-9a-f]{64}$/;

export function isPseudonym(userId: string): boolean {
  return PSEUDONYM.test(userId);
}

export interface PersonaAssignment {
  /** Stable across model versions, e.g. "explorer". */
  readonly personaId: string;
  /** Probability of keeping this persona after twice the signals, 0..1; a softmax over distances where the version has no calibration. */
  readonly confidence: number;
  /** When this persona began, ms since the epoch. */
  readonly since: number;
  /** The persona a single event batch pointed to but that still needs a confirmation (hysteresis). */
  readonly pending: string | null;
  /** The model version that assigned it. */
  readonly modelVersion: number;
  /** True when the user said so; then behaviour does not move it. */
  readonly isChosen?: boolean;
}

export interface User {
  readonly userId: string;
  readonly locale: string | null;
  readonly createdAt: number;
  readonly persona: PersonaAssignment | null;
  readonly eventCount: number;
  /** True for users made by the synthesiser; a demo sign-in exists only for these. */
  readonly isSynthetic: boolean;
}

/** What gave a user a persona: a version that was trained, behaviour since then, or the user's own word. */
export type PersonaCause = 'model' | 'live' | 'correction';

/** One step in a user's persona timeline. */
export interface PersonaRecord {
  readonly userId: string;
  readonly version: number;
  readonly personaId: string;
  readonly confidence: number;
  readonly at: number;
  readonly cause: PersonaCause;
}
