/** A user: a pseudonym and data derived from behaviour. */

/** 64 hexadecimal digits. Any different form is a raw id, which must not enter the system. */
const PSEUDONYM = /^[0-9a-f]{64}$/;

export function isPseudonym(userId: string): boolean {
  return PSEUDONYM.test(userId);
}

export interface PersonaAssignment {
  /** Stable across model versions, e.g. "explorer". */
  readonly personaId: string;
  /** Probability of keeping this persona after twice the signals, 0..1; a softmax over distances where the version has no calibration. */
  readonly confidence: number;
  /** Start of this persona, ms since the epoch. */
  readonly since: number;
  /** A persona suggested by a single event batch that still needs confirmation (hysteresis). */
  readonly pending: string | null;
  /** The assigning model version. */
  readonly modelVersion: number;
  /** True if the user chose it; behaviour then does not change it. */
  readonly isChosen?: boolean;
}

export interface User {
  readonly userId: string;
  readonly locale: string | null;
  readonly createdAt: number;
  readonly persona: PersonaAssignment | null;
  readonly eventCount: number;
  /** True for users made by the synthesiser; only they have a demo sign-in. */
  readonly isSynthetic: boolean;
}

/** Cause of a persona: a trained version, behaviour since then, or the user's own correction. */
export type PersonaCause = 'model' | 'live' | 'correction';

/** An entry of a user's persona timeline. */
export interface PersonaRecord {
  readonly userId: string;
  readonly version: number;
  readonly personaId: string;
  readonly confidence: number;
  readonly at: number;
  readonly cause: PersonaCause;
}
