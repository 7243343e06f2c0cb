/**
 * Thumbs and behaviour events sent by users.
 */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';

import type { FeedbackAcceptedType, UnknownItemType } from '../../schema/index.js';
import {
  EventInput,
  RecordEventsReportType,
  SendFeedbackInput,
  SendFeedbackResult,
} from '../../schema/index.js';
import {
  InvalidInputError,
  ItemNotFoundError,
  MAX_GUEST_EVENTS,
  MAX_ID_CHARACTERS,
} from '../domain/index.js';
import type { EventOutcome, NewEvent } from '../services/index.js';

import { Access, subjectOf } from './access.js';
import { checkRows, checkText, costOfRows, MAX_BULK_ROWS } from './arguments.js';
import type { ApiContext } from './context.js';
import { toFeedback, toRecommendationList } from './views.js';

@Resolver()
export class FeedbackResolver {
  @Access('guest')
  @Mutation(() => SendFeedbackResult, {
    complexity: costOfRows(10),
    description:
      'Stores a thumb, updates the recommendations immediately and returns the new list. All open windows of the user, including this window, receive the list by `recommendationsUpdated`; compare `revision` to skip lists already shown.',
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

  @Access('guest')
  @Mutation(() => RecordEventsReportType, {
    complexity: costOfRows(10),
    description:
      'Records up to 1,000 behaviour events, or 20 with a publishable key. Valid rows are stored, each invalid row is reported; a row of a different user refuses the whole request. Events of a user with equal type, item, time, value and session are stored once, so set `at` if the request may be repeated.',
  })
  async recordEvents(
    @Ctx() context: ApiContext,
    @Arg('events', () => [EventInput], { description: 'The events.' }) events: EventInput[],
  ): Promise<RecordEventsReportType> {
    const maxRows = context.viewer.role === 'guest' ? MAX_GUEST_EVENTS : MAX_BULK_ROWS;
    const rows = checkRows(events, 'events', maxRows).map((event) => toNewEvent(context, event));
    return toReport(await context.services.events.record(rows));
  }
}

function checkPosition(position: number | null | undefined): number | null {
  if (position != null && position < 0)
    throw new InvalidInputError('"position" must be 0 or more.', 'position');
  return position ?? null;
}

/** Throws for an event of a different user, which refuses the whole request; a missing user is an error of the row. */
function toNewEvent({ viewer }: ApiContext, event: EventInput): NewEvent {
  const isNamed = (event.userId ?? viewer.userId) !== null;
  return {
    type: event.type,
    userId: isNamed ? subjectOf(viewer, event.userId) : null,
    // Surrounding whitespace is ignored, as in files.
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

/** An unpaired surrogate, as in a truncated emoji, becomes U+FFFD, because databases cannot store it. */
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
