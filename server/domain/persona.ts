/** Personas: named clusters of users and their statistics. */

export const ARCHETYPES = ['seeker', 'browser', 'buyer', 'explorer'] as const;
export type Archetype = (typeof ARCHETYPES)[number];

/** Labels of the four archetypes; further clusters are described by their most distinctive features. */
export const ARCHETYPE_WORDING: Readonly<Record<Archetype, { label: string; description: string }>> = {
  seeker: {
    label: 'Seeker',
    description: 'Knows what to look for: searches often, reads deeply, stays on topic.',
  },
  browser: { label: 'Browser', description: 'Looks around: sees a great deal, opens little, leaves early.' },
  buyer: { label: 'Buyer', description: 'Comes to buy: fills carts, completes purchases, spends more.' },
  explorer: {
    label: 'Explorer',
    description: 'Loves the new: roams across categories and tries what others miss.',
  },
};

/**
 * Signals required before behaviour decides the persona. Every event except an impression is a signal; a thumb that
 * was taken back does not count. From 10 on at least 95 of 100 users keep the persona when their signals double
 * (docs/decisions.md has the measurement).
 */
export const PERSONA_SIGNALS = 10;

/** Features with nominal values: without order or mean, so excluded from distances and from evidence. */
export const NOMINAL_FEATURES: readonly string[] = ['device', 'locale'];

/** Amount of behaviour behind a persona. */
export interface PersonaEvidence {
  /** Signals so far, >= 0. */
  readonly have: number;
  /** Signals required for a persona. */
  readonly need: number;
}

/** A feature of a user compared with the users of a persona and with all users, in plain units. */
export interface FeatureComparison {
  readonly feature: string;
  readonly user: number;
  /** Mean of the users with the persona. */
  readonly persona: number;
  /** Mean of all users the version was trained on. */
  readonly everybody: number;
}

export interface Persona {
  /** Stable across versions. */
  readonly personaId: string;
  /** Shown name; an admin may change it. */
  readonly label: string;
  readonly description: string;
  readonly size: number;
  /** Share of all users, 0..1. */
  readonly share: number;
  /** Mean silhouette of its members in the clustering space, -1..1. */
  readonly silhouette: number;
  /** Its centroid in plain feature units, by feature name. */
  readonly centroid: Readonly<Record<string, number>>;
  /** The features that set it apart, with robust z-scores of the centroid, strongest first. */
  readonly distinctive: readonly { readonly feature: string; readonly zScore: number }[];
}

export const PERSONA_CHANGE_KINDS = ['birth', 'death', 'split', 'merge', 'stable'] as const;
export type PersonaChangeKind = (typeof PERSONA_CHANGE_KINDS)[number];

/** Change of personas between two versions. */
export interface PersonaChangeEvent {
  readonly kind: PersonaChangeKind;
  /** Personas of the earlier version; none for a birth. */
  readonly from: readonly string[];
  /** Personas of the later version; none for a death. */
  readonly to: readonly string[];
}

/** How users and personas moved between two versions. */
export interface PersonaEvolution {
  readonly fromVersion: number;
  readonly toVersion: number;
  /** Users with a persona in both. */
  readonly nUsers: number;
  readonly nMoved: number;
  readonly transitions: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  readonly changes: readonly PersonaChangeEvent[];
  /** The personas of either version by id, with that version's labels. */
  readonly fromPersonas: ReadonlyMap<string, Persona>;
  readonly toPersonas: ReadonlyMap<string, Persona>;
}

/** The longest label of a persona. */
export const MAX_LABEL_CHARACTERS = 60;
