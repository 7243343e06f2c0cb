/** Every enum of the contract. Names outside, the values of the domain inside. */

import { registerEnumType } from 'type-graphql';

export const RoleEnum = { USER: 'user', ADMIN: 'admin' } as const;
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What a token entitles its bearer to.',
  valuesConfig: {
    USER: { description: 'Sees and acts for itself only.' },
    ADMIN: { description: 'May name any user, and runs the system.' },
  },
});

export const OpinionEnum = { UP: 1, DOWN: -1, NONE: 0 } as const;
registerEnumType(OpinionEnum, {
  name: 'Opinion',
  description: 'A thumb.',
  valuesConfig: {
    UP: { description: 'Thumb up: more like this.' },
    DOWN: { description: 'Thumb down: less like this, and never this again.' },
    NONE: {
      description:
        'The thumb is taken back. The item may be listed again; what it taught of tastes is gone, that the user dealt with it remains behaviour.',
    },
  },
});

export const EventTypeEnum = {
  IMPRESSION: 'impression',
  VIEW: 'view',
  CLICK: 'click',
  SEARCH: 'search',
  CART: 'cart',
  PURCHASE: 'purchase',
  LIKE: 'like',
  DISLIKE: 'dislike',
} as const;
registerEnumType(EventTypeEnum, {
  name: 'EventType',
  description: 'What a person did.',
  valuesConfig: {
    IMPRESSION: { description: 'The item was on the screen.' },
    VIEW: { description: "The item's page was opened; `value` is the dwell time in seconds." },
    CLICK: { description: 'The item was clicked in a list; `value` is the dwell time in seconds.' },
    SEARCH: { description: 'Something was searched for; there is no item.' },
    CART: { description: 'The item was put into the cart.' },
    PURCHASE: { description: 'The item was bought; `value` is the amount.' },
    LIKE: { description: 'The item was liked.' },
    DISLIKE: { description: 'The item was disliked.' },
  },
});

export const ActivityKindEnum = { ...EventTypeEnum, RETRACT: 'retract', RATING: 'rating' } as const;
registerEnumType(ActivityKindEnum, {
  name: 'ActivityKind',
  description: 'What the record says a person did.',
  valuesConfig: {
    IMPRESSION: { description: 'The item was on the screen.' },
    VIEW: { description: "The item's page was opened." },
    CLICK: { description: 'The item was clicked in a list.' },
    SEARCH: { description: 'Something was searched for.' },
    CART: { description: 'The item was put into the cart.' },
    PURCHASE: { description: 'The item was bought.' },
    LIKE: { description: 'The item was liked.' },
    DISLIKE: { description: 'The item was disliked.' },
    RETRACT: { description: 'A thumb was taken back.' },
    RATING: {
      description: 'The item was given stars that are neither a like nor a dislike; `value` is how many.',
    },
  },
});

export const EventStatusEnum = {
  RECORDED: 'recorded',
  DUPLICATE: 'duplicate',
  REJECTED: 'rejected',
} as const;
registerEnumType(EventStatusEnum, {
  name: 'EventStatus',
  description: 'What became of one event.',
  valuesConfig: {
    RECORDED: { description: 'It is in the record.' },
    DUPLICATE: { description: 'It had been recorded before; nothing changed.' },
    REJECTED: { description: 'It breaks a rule; `reason` says which.' },
  },
});

export const ExclusionEnum = {
  RATED: 'rated',
  BOUGHT: 'bought',
  VIEWED: 'viewed',
  LISTED: 'listed',
} as const;
registerEnumType(ExclusionEnum, {
  name: 'Exclusion',
  description: 'Why an item is not listed again. What a user dislikes is never listed.',
  valuesConfig: {
    RATED: { description: 'The user gave it a thumb or stars, however many.' },
    BOUGHT: { description: 'The user bought it.' },
    VIEWED: {
      description:
        'The user dealt with it in any way: viewed, clicked, put into the cart, bought or rated. Includes RATED and BOUGHT.',
    },
    LISTED: {
      description:
        'It was in a list handed out to the user in the last three days, by a query or a push. Every answer then brings other items, until none are left.',
    },
  },
});

export const UpdateCauseEnum = {
  FEEDBACK: 'FEEDBACK',
  EVENTS: 'EVENTS',
  MODEL: 'MODEL',
  PERSONA: 'PERSONA',
  CATALOGUE: 'CATALOGUE',
  ERASED: 'ERASED',
} as const;
registerEnumType(UpdateCauseEnum, {
  name: 'UpdateCause',
  description: 'Why a list was pushed.',
  valuesConfig: {
    FEEDBACK: { description: 'The user gave a thumb or took one back.' },
    EVENTS: { description: 'New behaviour of the user was recorded.' },
    MODEL: { description: 'Another model version became active.' },
    PERSONA: { description: 'The user moved to another persona.' },
    CATALOGUE: {
      description: 'An item of the list changed, is off offer or is gone, or another took its place.',
    },
    ERASED: {
      description:
        'Everything about the user was erased: the list is empty whatever its revision, and nothing follows. Forget the revisions you know.',
    },
  },
});

export const ModelStatusEnum = {
  BUILDING: 'building',
  READY: 'ready',
  CANDIDATE: 'candidate',
  ACTIVE: 'active',
  RETIRED: 'retired',
  FAILED: 'failed',
} as const;
registerEnumType(ModelStatusEnum, {
  name: 'ModelStatus',
  description: 'Where a model version stands.',
  valuesConfig: {
    BUILDING: { description: 'Its parts are being written.' },
    READY: { description: 'Complete; may be activated.' },
    CANDIDATE: { description: 'Complete but held back; `reason` says why. An admin may activate it.' },
    ACTIVE: { description: 'It serves.' },
    RETIRED: { description: 'It served once; may be activated again.' },
    FAILED: { description: 'Its training did not finish.' },
  },
});

export const RunStateEnum = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  INTERRUPTED: 'interrupted',
} as const;
registerEnumType(RunStateEnum, {
  name: 'RunState',
  description: 'Where a training run stands.',
  valuesConfig: {
    RUNNING: { description: 'Under way.' },
    SUCCEEDED: { description: 'Ended with a model version.' },
    FAILED: { description: 'Ended with an error; the active model is untouched.' },
    CANCELLED: {
      description:
        'Stopped by an admin; the active model is untouched, unless the new version served already.',
    },
    INTERRUPTED: { description: 'Its instance stopped or died; a scheduled run is made up for.' },
  },
});

export const TrainingStageEnum = {
  LOAD: 'load',
  FEATURES: 'features',
  PERSONAS: 'personas',
  FIT: 'fit',
  EVALUATE: 'evaluate',
  PUBLISH: 'publish',
  REASSIGN: 'reassign',
} as const;
registerEnumType(TrainingStageEnum, {
  name: 'TrainingStage',
  description: 'The stages of a training run, in order.',
  valuesConfig: {
    LOAD: { description: 'Reading the record.' },
    FEATURES: { description: 'Computing the behavioural features of every user.' },
    PERSONAS: { description: 'Clustering users into personas.' },
    FIT: { description: 'Fitting the recommender.' },
    EVALUATE: { description: 'Measuring it on held-out data.' },
    PUBLISH: { description: 'Writing the version and making it active.' },
    REASSIGN: { description: 'Giving every user its persona in the new version.' },
  },
});

export const RunTriggerEnum = {
  SCHEDULE: 'schedule',
  ADMIN: 'admin',
  COMMAND: 'command',
  STARTUP: 'startup',
  DRIFT: 'drift',
} as const;
registerEnumType(RunTriggerEnum, {
  name: 'RunTrigger',
  description: 'Who or what asked for a training run.',
  valuesConfig: {
    SCHEDULE: { description: 'The weekly schedule.' },
    ADMIN: { description: 'An admin, by the `retrain` mutation.' },
    COMMAND: { description: 'The command line.' },
    STARTUP: { description: 'The first start of the server.' },
    DRIFT: { description: 'Behaviour drifted away from the active model.' },
  },
});

export const AlertKindEnum = {
  DRIFT: 'drift',
  CANDIDATE_HELD: 'candidate-held',
  TRAINING_FAILED: 'training-failed',
  MODEL_CORRUPT: 'model-corrupt',
  QUALITY: 'quality',
} as const;
registerEnumType(AlertKindEnum, {
  name: 'AlertKind',
  description: 'What an alert is about.',
  valuesConfig: {
    DRIFT: { description: 'Users behave differently from those the active model was trained on.' },
    CANDIDATE_HELD: { description: 'A new version was worse than the active one and is held back.' },
    TRAINING_FAILED: { description: 'A training run ended with an error.' },
    MODEL_CORRUPT: { description: 'A stored model cannot be read; an earlier one serves.' },
    QUALITY: { description: 'Lists are hit less often than before.' },
  },
});

export const AlertSeverityEnum = { INFO: 'info', WARNING: 'warning', CRITICAL: 'critical' } as const;
registerEnumType(AlertSeverityEnum, {
  name: 'AlertSeverity',
  description: 'How much an alert matters.',
  valuesConfig: {
    INFO: { description: 'Good to know.' },
    WARNING: { description: 'Needs a look.' },
    CRITICAL: { description: 'Needs a look now.' },
  },
});

export const PersonaCauseEnum = { MODEL: 'model', LIVE: 'live', CORRECTION: 'correction' } as const;
registerEnumType(PersonaCauseEnum, {
  name: 'PersonaCause',
  description: 'What gave a user a persona.',
  valuesConfig: {
    MODEL: { description: 'A model version that was trained on everybody.' },
    LIVE: { description: 'What the user did since.' },
    CORRECTION: { description: "The user's own word, given or taken back." },
  },
});

export const PersonaChangeKindEnum = {
  BIRTH: 'birth',
  DEATH: 'death',
  SPLIT: 'split',
  MERGE: 'merge',
  STABLE: 'stable',
} as const;
registerEnumType(PersonaChangeKindEnum, {
  name: 'PersonaChangeKind',
  description: 'What became of a persona from one version to another.',
  valuesConfig: {
    BIRTH: { description: 'It is new.' },
    DEATH: { description: 'It is gone.' },
    SPLIT: { description: 'One became several.' },
    MERGE: { description: 'Several became one.' },
    STABLE: { description: 'It stayed.' },
  },
});

export const MetricGrainEnum = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day' } as const;
registerEnumType(MetricGrainEnum, {
  name: 'MetricGrain',
  description: 'Width of a point of the dashboards, in UTC.',
  valuesConfig: {
    MINUTE: { description: 'A minute; kept for two days.' },
    HOUR: { description: 'An hour.' },
    DAY: { description: 'A day.' },
  },
});
