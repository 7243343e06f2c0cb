/** All enums of the contract, mapped to values of the domain. */

import { registerEnumType } from 'type-graphql';

import type { AuditAction, WebhookDelivery } from '../../server/domain/index.js';

export const RoleEnum = { USER: 'user', VIEWER: 'viewer', ADMIN: 'admin' } as const;
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'Permissions of a token or an account.',
  valuesConfig: {
    USER: { description: 'Access to its own data only.' },
    VIEWER: { description: 'Reads what an admin may read, and changes nothing.' },
    ADMIN: { description: 'Access to all users, and administration of the system.' },
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
        'The thumb is taken back. The item may be listed again and its preference is no longer learned from; the interaction itself stays in the record.',
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
  description: 'Type of a behaviour event.',
  valuesConfig: {
    IMPRESSION: { description: 'The item was on the screen.' },
    VIEW: { description: "The item's page was opened; `value` is the dwell time in seconds." },
    CLICK: { description: 'The item was clicked in a list; `value` is the dwell time in seconds.' },
    SEARCH: { description: 'A search, without an item.' },
    CART: { description: 'The item was put into the cart.' },
    PURCHASE: { description: 'The item was bought; `value` is the amount.' },
    LIKE: { description: 'The item was liked.' },
    DISLIKE: { description: 'The item was disliked.' },
  },
});

export const ActivityKindEnum = { ...EventTypeEnum, RETRACT: 'retract', RATING: 'rating' } as const;
registerEnumType(ActivityKindEnum, {
  name: 'ActivityKind',
  description: 'Type of a recorded event.',
  valuesConfig: {
    IMPRESSION: { description: 'The item was on the screen.' },
    VIEW: { description: "The item's page was opened." },
    CLICK: { description: 'The item was clicked in a list.' },
    SEARCH: { description: 'A search.' },
    CART: { description: 'The item was put into the cart.' },
    PURCHASE: { description: 'The item was bought.' },
    LIKE: { description: 'The item was liked.' },
    DISLIKE: { description: 'The item was disliked.' },
    RETRACT: { description: 'A thumb was taken back.' },
    RATING: {
      description: 'A star rating that is neither a like nor a dislike; `value` is the number of stars.',
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
  description: 'Outcome of recording an event.',
  valuesConfig: {
    RECORDED: { description: 'The event was recorded.' },
    DUPLICATE: { description: 'The event was already recorded; nothing changed.' },
    REJECTED: { description: 'The event is invalid; `reason` says why.' },
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
  description: 'Reason not to list an item again. Disliked items are never listed.',
  valuesConfig: {
    RATED: { description: 'The user gave it a thumb or any number of stars.' },
    BOUGHT: { description: 'The user bought it.' },
    VIEWED: {
      description:
        'The user interacted with it: viewed, clicked, put into the cart, bought or rated. Includes RATED and BOUGHT.',
    },
    LISTED: {
      description:
        'It was in a list served to the user in the last three days, by a query or a push. Each answer then contains new items, until none are left.',
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
    MODEL: { description: 'A different model version became active.' },
    PERSONA: { description: "The user's persona changed." },
    CATALOGUE: {
      description: 'An item of the list changed, became unavailable, was removed or was replaced.',
    },
    ERASED: {
      description:
        'All data of the user were erased: the list is empty regardless of its revision, and no update follows. Discard known revisions.',
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
  description: 'Status of a model version.',
  valuesConfig: {
    BUILDING: { description: 'Its parts are being written.' },
    READY: { description: 'Complete; may be activated.' },
    CANDIDATE: { description: 'Complete but held back; `reason` says why. An admin may activate it.' },
    ACTIVE: { description: 'Serves recommendations.' },
    RETIRED: { description: 'Previously active; may be activated again.' },
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
  description: 'State of a training run.',
  valuesConfig: {
    RUNNING: { description: 'In progress.' },
    SUCCEEDED: { description: 'Ended with a model version.' },
    FAILED: { description: 'Ended with an error; the active model is unchanged.' },
    CANCELLED: {
      description:
        'Cancelled by an admin; the active model is unchanged, unless the new version was already active.',
    },
    INTERRUPTED: { description: 'Its instance stopped or died; a scheduled run is started again.' },
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
    LOAD: { description: 'Reading recorded events.' },
    FEATURES: { description: 'Computing the behavioural features of every user.' },
    PERSONAS: { description: 'Clustering users into personas.' },
    FIT: { description: 'Fitting the recommender.' },
    EVALUATE: { description: 'Measuring it on held-out data.' },
    PUBLISH: { description: 'Writing the version and making it active.' },
    REASSIGN: { description: 'Assigning a persona of the new version to every user.' },
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
  description: 'Trigger of a training run.',
  valuesConfig: {
    SCHEDULE: { description: 'The weekly schedule.' },
    ADMIN: { description: 'An admin, by the `retrain` mutation.' },
    COMMAND: { description: 'The command line.' },
    STARTUP: { description: 'The first start of the server.' },
    DRIFT: { description: 'Drift of behaviour since the active model was trained.' },
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
  description: 'Kind of an alert.',
  valuesConfig: {
    DRIFT: { description: 'Behaviour of users has drifted since the active model was trained.' },
    CANDIDATE_HELD: { description: 'A new version is worse than the active version and is held back.' },
    TRAINING_FAILED: { description: 'A training run ended with an error.' },
    MODEL_CORRUPT: { description: 'A stored model cannot be read; an earlier version is active.' },
    QUALITY: { description: 'The hit rate of lists has fallen.' },
  },
});

export const AlertSeverityEnum = { INFO: 'info', WARNING: 'warning', CRITICAL: 'critical' } as const;
registerEnumType(AlertSeverityEnum, {
  name: 'AlertSeverity',
  description: 'Severity of an alert.',
  valuesConfig: {
    INFO: { description: 'For information.' },
    WARNING: { description: 'Needs attention.' },
    CRITICAL: { description: 'Needs immediate attention.' },
  },
});

export const PersonaCauseEnum = { MODEL: 'model', LIVE: 'live', CORRECTION: 'correction' } as const;
registerEnumType(PersonaCauseEnum, {
  name: 'PersonaCause',
  description: 'Cause of a persona assignment.',
  valuesConfig: {
    MODEL: { description: 'Activation of a model version.' },
    LIVE: { description: 'Behaviour of the user since then.' },
    CORRECTION: { description: "The user's own choice, made or taken back." },
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
  description: 'Change of a persona between two model versions.',
  valuesConfig: {
    BIRTH: { description: 'A new persona.' },
    DEATH: { description: 'A persona without a successor.' },
    SPLIT: { description: 'A persona that became several.' },
    MERGE: { description: 'Several personas that became one.' },
    STABLE: { description: 'A persona of both versions.' },
  },
});

export const MetricGrainEnum = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day' } as const;
registerEnumType(MetricGrainEnum, {
  name: 'MetricGrain',
  description: 'Interval between the points of a time series, in UTC.',
  valuesConfig: {
    MINUTE: { description: 'A minute; kept for two days.' },
    HOUR: { description: 'An hour.' },
    DAY: { description: 'A day.' },
  },
});

export const ImportKindEnum = { ITEMS: 'items', EVENTS: 'events', RATINGS: 'ratings' } as const;
registerEnumType(ImportKindEnum, {
  name: 'ImportKind',
  description: 'Contents of an imported file.',
  valuesConfig: {
    ITEMS: { description: 'Items of the catalogue.' },
    EVENTS: { description: 'Behaviour events.' },
    RATINGS: { description: 'Ratings.' },
  },
});

export const AnalyticsMarkKindEnum = {
  RETRAIN: 'retrain',
  ACTIVATION: 'activation',
  ROLLBACK: 'rollback',
  IMPORT: 'import',
} as const;
registerEnumType(AnalyticsMarkKindEnum, {
  name: 'AnalyticsMarkKind',
  description: 'Kind of a change of the system.',
  valuesConfig: {
    RETRAIN: { description: 'A training run ended with a version.' },
    ACTIVATION: { description: 'A version became active.' },
    ROLLBACK: { description: 'An earlier version became active again.' },
    IMPORT: { description: 'A file was imported.' },
  },
});

export const WebhookEventEnum = {
  ALERT_RAISED: 'alert.raised',
  TRAINING_FINISHED: 'training.finished',
  MODEL_ACTIVATED: 'model.activated',
  TEST: 'test',
} as const satisfies Readonly<Record<string, WebhookDelivery['event']>>;
registerEnumType(WebhookEventEnum, {
  name: 'WebhookEvent',
  description: 'What a webhook is told.',
  valuesConfig: {
    ALERT_RAISED: { description: 'An alert was raised.' },
    TRAINING_FINISHED: { description: 'A training run ended, well or not.' },
    MODEL_ACTIVATED: { description: 'A version became active.' },
    TEST: { description: 'A message from `testWebhook`.' },
  },
});

export const DeliveryStateEnum = { PENDING: 'pending', DELIVERED: 'delivered', FAILED: 'failed' } as const;
registerEnumType(DeliveryStateEnum, {
  name: 'DeliveryState',
  description: 'State of a message to a webhook.',
  valuesConfig: {
    PENDING: { description: 'A further attempt will be made.' },
    DELIVERED: { description: 'The receiver answered with a status of 200 to 299.' },
    FAILED: { description: 'No further attempt will be made.' },
  },
});

export const AuditActionEnum = {
  ACTIVATE_MODEL: 'activate-model',
  ROLL_BACK: 'roll-back',
  RETRAIN: 'retrain',
  CANCEL_TRAINING: 'cancel-training',
  RENAME_PERSONA: 'rename-persona',
  ACKNOWLEDGE_ALERT: 'acknowledge-alert',
  CHANGE_THRESHOLDS: 'change-thresholds',
  IMPORT: 'import',
  EXPORT_USER: 'export-user',
  ERASE_USER: 'erase-user',
  CREATE_TOKEN: 'create-token',
  REVOKE_TOKEN: 'revoke-token',
  CREATE_KEY: 'create-key',
  REVOKE_KEY: 'revoke-key',
  CREATE_WEBHOOK: 'create-webhook',
  DELETE_WEBHOOK: 'delete-webhook',
  SIGN_IN: 'sign-in',
  CREATE_ACCOUNT: 'create-account',
  INVITE_ACCOUNT: 'invite-account',
  SET_PASSWORD: 'set-password',
  CHANGE_ROLE: 'change-role',
  DELETE_ACCOUNT: 'delete-account',
} as const satisfies Readonly<Record<string, AuditAction>>;
registerEnumType(AuditActionEnum, {
  name: 'AuditAction',
  description: 'What an entry of the audit log is about.',
  valuesConfig: {
    ACTIVATE_MODEL: { description: 'A model version was activated.' },
    ROLL_BACK: { description: 'A version older than the active one was activated.' },
    RETRAIN: { description: 'A training run was started.' },
    CANCEL_TRAINING: { description: 'A training run was cancelled.' },
    RENAME_PERSONA: { description: 'A persona was renamed.' },
    ACKNOWLEDGE_ALERT: { description: 'An alert was acknowledged.' },
    CHANGE_THRESHOLDS: { description: 'Alert thresholds were changed.' },
    IMPORT: { description: 'Items, events or ratings were imported.' },
    EXPORT_USER: { description: 'The data of a user were exported, not by that user.' },
    ERASE_USER: { description: 'A user was erased.' },
    CREATE_TOKEN: { description: 'A token was signed.' },
    REVOKE_TOKEN: { description: 'A token, or all tokens of a user or a role, were revoked.' },
    CREATE_KEY: { description: 'A publishable key was created.' },
    REVOKE_KEY: { description: 'A publishable key was revoked.' },
    CREATE_WEBHOOK: { description: 'A webhook was created.' },
    DELETE_WEBHOOK: { description: 'A webhook was deleted.' },
    SIGN_IN: { description: 'An account signed in, or a sign-in failed.' },
    CREATE_ACCOUNT: { description: 'An account was created.' },
    INVITE_ACCOUNT: { description: 'A link for a new password was made.' },
    SET_PASSWORD: { description: 'The owner of an account set the password.' },
    CHANGE_ROLE: { description: 'The role of an account was changed.' },
    DELETE_ACCOUNT: { description: 'An account was deleted.' },
  },
});

export const AuditActorKindEnum = {
  ACCOUNT: 'account',
  TOKEN: 'token',
  COMMAND: 'command',
  USER: 'user',
  UNKNOWN: 'unknown',
} as const;
registerEnumType(AuditActorKindEnum, {
  name: 'AuditActorKind',
  description: 'Kind of an actor in the audit log.',
  valuesConfig: {
    ACCOUNT: { description: 'An account, by its name.' },
    TOKEN: { description: 'An admin token, by its id.' },
    COMMAND: { description: 'A command on the server, by its name.' },
    USER: { description: 'A user, acting on its own data.' },
    UNKNOWN: { description: 'Unknown, as in a failed sign-in.' },
  },
});

export const AuditOutcomeEnum = { DONE: 'done', REFUSED: 'refused', FAILED: 'failed' } as const;
registerEnumType(AuditOutcomeEnum, {
  name: 'AuditOutcome',
  description: 'How a recorded action ended.',
  valuesConfig: {
    DONE: { description: 'Done.' },
    REFUSED: { description: 'Refused by a rule; nothing was changed.' },
    FAILED: { description: 'Ended by an unexpected error.' },
  },
});

export const ScheduledJobEnum = { RETRAIN: 'retrain', DRIFT: 'drift' } as const;
registerEnumType(ScheduledJobEnum, {
  name: 'ScheduledJob',
  description: 'A job with a schedule.',
  valuesConfig: {
    RETRAIN: { description: 'Trains a new model version.' },
    DRIFT: { description: 'Measures how far behaviour has drifted from the active model.' },
  },
});
