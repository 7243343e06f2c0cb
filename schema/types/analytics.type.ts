/** What the admin's dashboards show. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { MetricGrain } from '../../server/domain/index.js';
import { MetricGrainEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { PersonaType } from './persona.type.js';

@ObjectType('LiveRates', {
  simpleResolvers: true,
  description:
    'How the system does right now, on all instances together. Figures about behaviour are null while differential privacy is on.',
})
export class LiveRatesType {
  @Field(() => DateTime, { description: 'When this was measured.' })
  at!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Users who did something or were shown something in the last five minutes, each counted once; with several instances an estimate with a standard error of 1.6 percent.',
  })
  activeUsers!: number | null;

  @Field(() => Float, { nullable: true, description: 'Thumbs a second, mean of the last ten seconds.' })
  thumbsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Events a second, impressions not counted, mean of the last ten seconds.',
  })
  eventsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Impressions a second, mean of the last ten seconds.',
  })
  impressionsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Clicks per impression of the last hour; null without an impression.',
  })
  ctr!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Median time from a cause to the push of a list, in milliseconds, of the last five minutes.',
  })
  pushLatencyP50Ms!: number | null;

  @Field(() => Float, { nullable: true, description: 'The 99th percentile of the same.' })
  pushLatencyP99Ms!: number | null;

  @Field(() => Int, { description: 'Open subscriptions.' })
  openSubscriptions!: number;

  @Field(() => Int, { nullable: true, description: 'The model version that serves; null before training.' })
  modelVersion!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'Since when it serves.' })
  modelActivatedAt!: number | null;
}

@ObjectType('CtrPoint', { simpleResolvers: true, description: 'The click-through rate of one point.' })
export class CtrPointType {
  @Field(() => DateTime, { description: 'Where the point begins.' })
  at!: number;

  @Field(() => Int, {
    description:
      'Items shown, each once per list: in lists this server gave out, and as reported by the site.',
  })
  impressions!: number;

  @Field(() => Int, {
    description: 'Clicks that can be set against an impression: an item counts once per list.',
  })
  clicks!: number;

  @Field(() => Float, { nullable: true, description: 'Clicks per impression; null without an impression.' })
  ctr!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'What the rate would be had every impression stood in first place: clicks weighted by the inverse propensity of their position, which is estimated from the range. Null where there are too few clicks to tell.',
  })
  adjustedCtr!: number | null;
}

@ObjectType('PersonaSeries', {
  simpleResolvers: true,
  description: 'Click-through of one persona over time.',
})
export class PersonaSeriesType {
  @Field(() => ID, { description: 'The persona; "none" for users without one.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => [CtrPointType], { description: 'One point per step of the range, in order of time.' })
  points!: readonly CtrPointType[];
}

@ObjectType('EngagementPoint', { simpleResolvers: true, description: 'What users did in one point.' })
export class EngagementPointType {
  @Field(() => DateTime, { description: 'Where the point begins.' })
  at!: number;

  @Field(() => Int, { description: 'Sessions that began.' })
  sessions!: number;

  @Field(() => Int, { description: 'Everything users did; impressions are not counted.' })
  events!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean seconds on an item, each stay counted up to half an hour; null when none is known.',
  })
  meanDwellSeconds!: number | null;

  @Field(() => Int, { description: 'Searches.' })
  searches!: number;

  @Field(() => Int, { description: 'Clicks, wherever they came from.' })
  clicks!: number;

  @Field(() => Int, { description: 'Purchases.' })
  purchases!: number;

  @Field(() => Int, { description: 'Thumbs up.' })
  likes!: number;

  @Field(() => Int, { description: 'Thumbs down.' })
  dislikes!: number;

  @Field(() => Float, { nullable: true, description: 'Thumbs per event; null without events.' })
  feedbackRate!: number | null;
}

@ObjectType('PersonaCategoryCell', {
  simpleResolvers: true,
  description: 'How much one persona does in one category.',
})
export class PersonaCategoryCellType {
  @Field(() => ID, { description: 'The persona; "none" for users without one.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => String, { description: 'The category: one of the thirty with the most events.' })
  category!: string;

  @Field(() => Int, { description: 'Events about items of it, impressions not counted.' })
  events!: number;

  @Field(() => Float, { description: "Share of the persona's events in all categories, 0 to 1." })
  share!: number;
}

@ObjectType('HourWeekdayCell', {
  simpleResolvers: true,
  description: 'How much happens in one hour of the week.',
})
export class HourWeekdayCellType {
  @Field(() => Int, { description: 'Day of the week, 1 for Monday to 7 for Sunday.' })
  weekday!: number;

  @Field(() => Int, { description: 'Hour of the day in UTC, 0 to 23.' })
  hour!: number;

  @Field(() => Int, { description: 'Events, impressions not counted.' })
  events!: number;
}

@ObjectType('ClusterMap', {
  simpleResolvers: true,
  description:
    'The users of the active model in the plane, as columns with one entry per user: a sample of up to 10,000.',
})
export class ClusterMapType {
  @Field(() => Int, { description: 'The model version it belongs to.' })
  modelVersion!: number;

  @Field(() => Int, { description: 'Users the version was trained on.' })
  nUsers!: number;

  @Field(() => [PersonaType], { description: 'The personas `persona` points into.' })
  personas!: PersonaType[];

  @Field(() => [ID], { description: 'Pseudonyms.' })
  userIds!: readonly string[];

  @Field(() => [Float], { description: 'First principal component of behaviour.' })
  x!: number[];

  @Field(() => [Float], { description: 'Second principal component of behaviour.' })
  y!: number[];

  @Field(() => [Int], { description: 'Index into `personas`.' })
  persona!: number[];

  @Field(() => [Float], { description: 'How well the user fits its persona, -1 to 1.' })
  silhouette!: number[];
}

@ObjectType('QualityPoint', {
  simpleResolvers: true,
  description: 'How well a model version foresaw thumbs: each is judged before it is learned from.',
})
export class QualityPointType {
  @Field(() => DateTime, { description: 'Where the point begins.' })
  at!: number;

  @Field(() => Int, { description: 'The model version that was judged.' })
  modelVersion!: number;

  @Field(() => Int, { description: 'Thumbs judged: first opinions about items the version knows.' })
  thumbs!: number;

  @Field(() => Int, {
    description: 'Foreseen ones: a thumb up inside the top ten, a thumb down outside of it.',
  })
  hits!: number;

  @Field(() => Float, { description: 'Hits per thumb.' })
  hitRate!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean share of the other items on the wrong side: above a liked one, below a disliked one. 0 is best, 0.5 is chance; null when withheld.',
  })
  meanPercentile!: number | null;
}

@ObjectType('PrivacyReport', {
  simpleResolvers: true,
  description: 'What differential privacy did to this answer.',
})
export class PrivacyReportType {
  @Field(() => Boolean, { description: 'True when figures carry calibrated noise.' })
  isEnabled!: boolean;

  @Field(() => Float, {
    nullable: true,
    description:
      'The most that all answers together may tell about one event of a day; null while it is off.',
  })
  epsilonPerDay!: number | null;

  @Field(() => Float, {
    description: 'The most that answers so far have told about an event of any day of the range.',
  })
  epsilonUsed!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Standard deviation of the noise on one count of clicks or impressions in one cell of this answer; null while it is off.',
  })
  noiseStdDev!: number | null;

  @Field(() => Int, { nullable: true, description: 'Cells below this are shown as 0; null while it is off.' })
  suppressedBelow!: number | null;

  @Field(() => Int, { description: 'How many cells of this answer were.' })
  suppressedCells!: number;
}

@ObjectType('Analytics', { simpleResolvers: true, description: 'The dashboards, for one span of time.' })
export class AnalyticsType {
  @Field(() => DateTime, { description: 'Where the range begins.' })
  from!: number;

  @Field(() => DateTime, { description: 'Where it ends, exclusive.' })
  to!: number;

  @Field(() => MetricGrainEnum, { description: 'Width of a point.' })
  grain!: MetricGrain;

  @Field(() => LiveRatesType, { description: 'How the system does right now, whatever the range.' })
  live!: LiveRatesType | (() => Promise<LiveRatesType>);

  @Field(() => [PersonaSeriesType], { description: 'Click-through by persona.' })
  ctr!: readonly PersonaSeriesType[];

  @Field(() => [EngagementPointType], { description: 'Engagement, one entry per point.' })
  engagement!: readonly EngagementPointType[];

  @Field(() => [PersonaCategoryCellType], { description: 'What the personas care about.' })
  personaCategory!: readonly PersonaCategoryCellType[];

  @Field(() => [HourWeekdayCellType], { description: 'When users are active: 168 cells.' })
  hourWeekday!: readonly HourWeekdayCellType[];

  @Field(() => ClusterMapType, {
    nullable: true,
    description:
      'The users in the plane; null before training, and while differential privacy is on, since it shows single users.',
  })
  clusterMap!: ClusterMapType | null | (() => ClusterMapType | null);

  @Field(() => [QualityPointType], { description: 'Prequential quality by point and model version.' })
  quality!: readonly QualityPointType[];

  @Field(() => PrivacyReportType, { description: 'What differential privacy did to this answer.' })
  privacy!: PrivacyReportType;
}

@ObjectType('AnalyticsUpdate', { simpleResolvers: true, description: 'The dashboards have moved.' })
export class AnalyticsUpdateType {
  @Field(() => DateTime, { description: 'When.' })
  at!: number;

  @Field(() => LiveRatesType, { description: 'How the system does now.' })
  live!: LiveRatesType;
}
