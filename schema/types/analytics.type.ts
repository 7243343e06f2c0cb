/** Figures of the admin's dashboards. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { AnalyticsMark, MetricGrain } from '../../server/domain/index.js';
import { AnalyticsMarkKindEnum, MetricGrainEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { ImportRecordType } from './import.type.js';
import { PersonaType } from './persona.type.js';

@ObjectType('LiveRates', {
  simpleResolvers: true,
  description:
    'Current figures of all instances together. Figures about behaviour are null while differential privacy is on.',
})
class LiveRatesType {
  @Field(() => DateTime, { description: 'Time of the measurement.' })
  at!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Distinct users with an event or an impression in the last five minutes; with several instances an estimate with a standard error of 1.6 percent.',
  })
  activeUsers!: number | null;

  @Field(() => Float, { nullable: true, description: 'Thumbs per second, mean of the last ten seconds.' })
  thumbsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Events per second without impressions, mean of the last ten seconds.',
  })
  eventsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Impressions per second, mean of the last ten seconds.',
  })
  impressionsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Clicks per impression in the last hour; null without an impression.',
  })
  ctr!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Median milliseconds from a cause to the push of a list, over the last five minutes.',
  })
  pushLatencyP50Ms!: number | null;

  @Field(() => Float, { nullable: true, description: '99th percentile of the push latency.' })
  pushLatencyP99Ms!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the requests of the last five minutes that failed on the server, 0 to 1; null without a request.',
  })
  errorRate!: number | null;

  @Field(() => Int, { description: 'Open subscriptions.' })
  openSubscriptions!: number;

  @Field(() => Int, { nullable: true, description: 'The active model version; null before training.' })
  modelVersion!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was activated.' })
  modelActivatedAt!: number | null;
}

@ObjectType('CtrPoint', { simpleResolvers: true, description: 'The click-through rate of a point.' })
class CtrPointType {
  @Field(() => DateTime, { description: 'Start of the point.' })
  at!: number;

  @Field(() => Int, {
    description:
      'Items shown, each counted once per list: in lists of this server, and as reported by the site.',
  })
  impressions!: number;

  @Field(() => Int, {
    description: 'Clicks with a matching impression: an item counts once per list.',
  })
  clicks!: number;

  @Field(() => Float, { nullable: true, description: 'Clicks per impression; null without an impression.' })
  ctr!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Rate corrected for position, as if every impression were in first position: clicks are weighted by the inverse propensity of their position, estimated from the range. Null with too few clicks.',
  })
  adjustedCtr!: number | null;
}

@ObjectType('PersonaSeries', {
  simpleResolvers: true,
  description: 'Click-through of a persona over time.',
})
class PersonaSeriesType {
  @Field(() => ID, { description: 'Id of the persona; "none" for users without a persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => [CtrPointType], { description: 'The points of the range, in order of time.' })
  points!: readonly CtrPointType[];
}

@ObjectType('EngagementPoint', { simpleResolvers: true, description: 'Behaviour of users in a point.' })
class EngagementPointType {
  @Field(() => DateTime, { description: 'Start of the point.' })
  at!: number;

  @Field(() => Int, { description: 'Sessions started.' })
  sessions!: number;

  @Field(() => Int, { description: 'Events without impressions.' })
  events!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean dwell time in seconds, each capped at half an hour; null if unknown.',
  })
  meanDwellSeconds!: number | null;

  @Field(() => Int, { description: 'Searches.' })
  searches!: number;

  @Field(() => Int, { description: 'All clicks, in and outside of lists.' })
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
  description: 'Events of a persona in a category.',
})
class PersonaCategoryCellType {
  @Field(() => ID, { description: 'Id of the persona; "none" for users without a persona.' })
  personaId!: string;

  @Field(() => PersonaType, {
    nullable: true,
    description: 'The persona; null when the active model does not have it.',
  })
  persona!: PersonaType | null;

  @Field(() => String, { description: 'The category, among the thirty with the most events.' })
  category!: string;

  @Field(() => Int, { description: 'Events on its items, without impressions.' })
  events!: number;

  @Field(() => Float, { description: "Share of the persona's events in all categories, 0 to 1." })
  share!: number;
}

@ObjectType('HourWeekdayCell', {
  simpleResolvers: true,
  description: 'Events in an hour of the week.',
})
class HourWeekdayCellType {
  @Field(() => Int, { description: 'Day of the week, 1 for Monday to 7 for Sunday.' })
  weekday!: number;

  @Field(() => Int, { description: 'Hour of the day in UTC, 0 to 23.' })
  hour!: number;

  @Field(() => Int, { description: 'Number of events, without impressions.' })
  events!: number;
}

@ObjectType('ClusterMap', {
  simpleResolvers: true,
  description:
    "Two-dimensional projection of the active model's users, as columns with an entry per user: a sample of up to 3,000.",
})
export class ClusterMapType {
  @Field(() => Int, { description: 'The model version.' })
  modelVersion!: number;

  @Field(() => Int, { description: 'Users the version was trained on.' })
  nUsers!: number;

  @Field(() => [PersonaType], { description: 'The personas that `persona` refers to.' })
  personas!: PersonaType[];

  @Field(() => [ID], { description: 'Pseudonyms.' })
  userIds!: readonly string[];

  @Field(() => [Float], { description: 'First principal component of behaviour.' })
  x!: number[];

  @Field(() => [Float], { description: 'Second principal component of behaviour.' })
  y!: number[];

  @Field(() => [Int], { description: 'Index into `personas`.' })
  persona!: number[];

  @Field(() => [Float], { description: "Silhouette: how well the user fits the persona's cluster, -1 to 1." })
  silhouette!: number[];
}

@ObjectType('QualityPoint', {
  simpleResolvers: true,
  description: 'How well a model version predicted thumbs: each is evaluated before it is learned from.',
})
class QualityPointType {
  @Field(() => DateTime, { description: 'Start of the point.' })
  at!: number;

  @Field(() => Int, { description: 'The evaluated model version.' })
  modelVersion!: number;

  @Field(() => Int, { description: "Evaluated thumbs: first opinions on the version's items." })
  thumbs!: number;

  @Field(() => Int, {
    description: 'Correctly predicted thumbs: up inside the top ten, down outside of it.',
  })
  hits!: number;

  @Field(() => Float, { description: 'Hits per thumb.' })
  hitRate!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean share of items ranked on the wrong side: above a liked item, below a disliked item. 0 is best, 0.5 is chance; null when withheld.',
  })
  meanPercentile!: number | null;
}

@ObjectType('PrivacyReport', {
  simpleResolvers: true,
  description: 'Effect of differential privacy on this answer.',
})
class PrivacyReportType {
  @Field(() => Boolean, { description: 'True if figures contain calibrated noise.' })
  isEnabled!: boolean;

  @Field(() => Float, {
    nullable: true,
    description:
      'Privacy budget: the maximum loss per event of a day over all answers; null while it is off.',
  })
  epsilonPerDay!: number | null;

  @Field(() => Float, {
    description: 'Budget used so far: the largest loss of an event of any day of the range.',
  })
  epsilonUsed!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      "Standard deviation of the noise on a cell's count of clicks or impressions in this answer; null while it is off.",
  })
  noiseStdDev!: number | null;

  @Field(() => Int, { nullable: true, description: 'Cells below this are shown as 0; null while it is off.' })
  suppressedBelow!: number | null;

  @Field(() => Int, { description: 'Number of suppressed cells of this answer.' })
  suppressedCells!: number;
}

@ObjectType('AnalyticsTotals', { simpleResolvers: true, description: 'Sums over a range.' })
class AnalyticsTotalsType {
  @Field(() => Int, { description: 'Items shown in lists.' })
  impressions!: number;

  @Field(() => Int, { description: 'Clicks with a matching impression.' })
  clicks!: number;

  @Field(() => Float, { nullable: true, description: 'Clicks per impression; null without an impression.' })
  ctr!: number | null;

  @Field(() => Int, { description: 'Sessions started.' })
  sessions!: number;

  @Field(() => Int, { description: 'Events without impressions.' })
  events!: number;

  @Field(() => Int, { description: 'Thumbs up.' })
  likes!: number;

  @Field(() => Int, { description: 'Thumbs down.' })
  dislikes!: number;

  @Field(() => Int, { description: 'Purchases.' })
  purchases!: number;
}

@ObjectType('AnalyticsMark', {
  simpleResolvers: true,
  description: 'A change of the system that may explain a change of its figures.',
})
class AnalyticsMarkType {
  @Field(() => DateTime, { description: 'Time of the change.' })
  at!: number;

  @Field(() => AnalyticsMarkKindEnum, { description: 'Kind of the change.' })
  kind!: AnalyticsMark['kind'];

  @Field(() => Int, {
    nullable: true,
    description: 'The version that was trained or activated; null for an import.',
  })
  modelVersion!: number | null;

  @Field(() => ImportRecordType, { nullable: true, description: 'The import; null for the other kinds.' })
  import!: ImportRecordType | null;
}

@ObjectType('Analytics', {
  simpleResolvers: true,
  description: 'Figures of the dashboards, for a time range.',
})
export class AnalyticsType {
  @Field(() => DateTime, { description: 'Start of the range.' })
  from!: number;

  @Field(() => DateTime, { description: 'End of the range, exclusive.' })
  to!: number;

  @Field(() => MetricGrainEnum, { description: 'Interval between points.' })
  grain!: MetricGrain;

  @Field(() => LiveRatesType, { description: 'Current figures, independent of the range.' })
  live!: LiveRatesType | (() => Promise<LiveRatesType>);

  @Field(() => AnalyticsTotalsType, { description: 'Sums over the range.' })
  totals!: AnalyticsTotalsType;

  @Field(() => AnalyticsTotalsType, {
    nullable: true,
    description:
      'Sums over the range of the same length before this one; null if its points are no longer kept.',
  })
  previousTotals!: AnalyticsTotalsType | null | (() => Promise<AnalyticsTotalsType | null>);

  @Field(() => [AnalyticsMarkType], {
    description:
      'Retrains, activations, roll-backs and imports of the range, in order of time. Of each version, only its latest activation is known.',
  })
  marks!: readonly AnalyticsMarkType[] | (() => Promise<readonly AnalyticsMarkType[]>);

  @Field(() => [PersonaSeriesType], { description: 'Click-through by persona.' })
  ctr!: readonly PersonaSeriesType[];

  @Field(() => [EngagementPointType], { description: 'Engagement, by point.' })
  engagement!: readonly EngagementPointType[];

  @Field(() => [PersonaCategoryCellType], { description: 'Events by persona and category.' })
  personaCategory!: readonly PersonaCategoryCellType[];

  @Field(() => [HourWeekdayCellType], { description: 'Events by hour of the week: 168 cells.' })
  hourWeekday!: readonly HourWeekdayCellType[];

  @Field(() => ClusterMapType, {
    nullable: true,
    description:
      'Map of the users; null before training, and while differential privacy is on, since it shows individual users.',
  })
  clusterMap!: ClusterMapType | null | (() => ClusterMapType | null);

  @Field(() => [QualityPointType], { description: 'Prequential quality by point and model version.' })
  quality!: readonly QualityPointType[];

  @Field(() => PrivacyReportType, { description: 'Effect of differential privacy on this answer.' })
  privacy!: PrivacyReportType;
}

@ObjectType('AnalyticsUpdate', { simpleResolvers: true, description: 'Update of the dashboards.' })
export class AnalyticsUpdateType {
  @Field(() => DateTime, { description: 'Time of the update.' })
  at!: number;

  @Field(() => LiveRatesType, { description: 'Current figures.' })
  live!: LiveRatesType;
}
