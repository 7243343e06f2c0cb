/** Thumbs and behaviour: what users send. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';

import type { FeedbackAcceptedType, UnknownItemType } from '../../schema/index.js';
import {
  EventInput,
  RecordEventsReportType,
  SendFeedbackInput,
  SendFeedbackResult,
} from '../../schema/index.js';
import { InvalidInputError, ItemNotFoundError, MAX_ID_CHARACTERS } from '../domain/index.js';
import type { EventOutcome, NewEvent } from '../services/index.js';

import { Access, subjectOf } from './access.js';
import { checkRows, checkText, costOfRows, MAX_BULK_ROWS } from './arguments.js';
import type { ApiContext } from './context.js';
import { toFeedback, toRecommendationList } from './views.js';

@Resolver()
export class FeedbackResolver {
  @Access('user')
  @Mutation(() => SendFeedbackResult, {
    complexity: costOfRows(10),
    description:
      'Stores a thumb, learns from it at once and returns the list after it. All open windows of the user, this one too, get the list by `recommendationsUpdated`; the revision tells which they have already.',
  })
  async sendFeedback(
    @Ctx() context: ApiContext,
    @Arg('input', () => SendFeedbackInput, { description: 'The thumb.' }) input: SendFeedbackInput,
  ): Promise<FeedbackAcceptedType | UnknownItemType> {
    const outcome = await context.services.feedback.submit({
      userId: subjectOf(context.viewer, input.userId),
      itemId: checkText(input.itemId, 'itemId', MAX_ID_CHARACTERS),
      value: input.value,
      listId: input.listId == null ? null : checkText(input.listId, 'listId', MAX_ID_CHARACTERS),
      position: checkPosition(input.position),
    });
    if (outcome.kind === 'unknown-item') {
      return { itemId: outcome.itemId, message: new ItemNotFoundError(outcome.itemId).message };
    }
    return {
      feedback: toFeedback(outcome.feedback),
      list: await toRecommendationList(context, outcome.list),
      latencyMs: outcome.latencyMs,
    };
  }

  @Access('user')
  @Mutation(() => RecordEventsReportType, {
    complexity: costOfRows(10),
    description:
      'Records behaviour, up to 1,000 events. Good rows land, bad rows are reported one by one; a row about another user refuses the whole request. The same type, item, time, value and session of a user is one event however often it is sent, so send `at` where you may send again.',
  })
  async recordEvents(
    @Ctx() context: ApiContext,
    @Arg('events', () => [EventInput], { description: 'The events, up to 1,000.' }) events: EventInput[],
  ): Promise<RecordEventsReportType> {
    const rows = checkRows(events, 'events', MAX_BULK_ROWS).map((event) => toNewEvent(context, event));
    return toReport(await context.services.events.record(rows));
  }
}

function checkPosition(position: number | null | undefined): number | null {
  if (position != null && position < 0)
    throw new InvalidInputError('"position" must be 0 or more.', 'position');
  return position ?? null;
}

/** Throws for a row about somebody else, which no row of a request may be; that nobody is named is a fault of the row. */
function toNewEvent({ viewer }: ApiContext, event: EventInput): NewEvent {
  const isNamed = (event.userId ?? viewer.userId) !== null;
  return {
    type: event.type,
    userId: isNamed ? subjectOf(viewer, event.userId) : null,
    // Blanks around a text mean nothing, as in files.
    itemId: event.itemId?.trim() ?? null,
    at: event.at ?? null,
    value: event.value ?? null,
    sessionId: textOrNull(event.sessionId),
    position: event.position ?? null,
    listId: textOrNull(event.listId),
    device: textOrNull(event.device),
    locale: textOrNull(event.locale),
  };
}

/** Half a character, such as an emoji cut in two, becomes U+FFFD: no database keeps it. */
function textOrNull(text: string | null | undefined): string | null {
  return text?.trim().toWellFormed() || null;
}

function toReport(rows: EventOutcome[]): RecordEventsReportType {
  const count = (status: EventOutcome['status']): number =>
    rows.filter((row) => row.status === status).length;
  return {
    recorded: count('recorded'),
    duplicates: count('duplicate'),
    rejected: count('rejected'),
    unknownItems: rows.filter((row) => row.isUnknownItem).length,
    rows,
  };
}
