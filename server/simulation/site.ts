/** Client of the public API: GraphQL over HTTP and a WebSocket, with an admin token that acts for any user. */

import { setTimeout as pause } from 'node:timers/promises';

import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import type { Item } from '../domain/index.js';
import { InsufficientDataError, InvalidInputError } from '../domain/index.js';

const MAX_EVENTS = 1_000;
const MAX_TRIES = 8;
const RETRY_MS = 500;
const PAGE = 100;

export interface ShownList {
  readonly listId: string;
  readonly modelVersion: number;
  /** The label of the persona the list was made for; "none" without one. */
  readonly persona: string;
  readonly itemIds: readonly string[];
}

export interface SiteEvent {
  readonly userId: string;
  readonly type: string;
  readonly itemId: string | null;
  /** Ms since the epoch. */
  readonly at: number;
  readonly value: number | null;
  readonly sessionId: string;
  readonly position: number | null;
  readonly listId: string | null;
  readonly device: string;
}

export interface SiteThumb {
  readonly userId: string;
  readonly itemId: string;
  readonly value: 'UP' | 'DOWN';
  readonly listId: string | null;
  readonly position: number | null;
}

export interface Site {
  recommend(userId: string, first: number): Promise<ShownList>;
  record(events: readonly SiteEvent[]): Promise<void>;
  thumb(thumb: SiteThumb): Promise<void>;
  /** Adds items to the catalogue. */
  addItems(items: readonly Item[]): Promise<void>;
  /** Runs the weekly job and resolves at its end. Throws InsufficientDataError when it does not succeed. */
  retrain(onProgress: (fraction: number) => void): Promise<void>;
  /** The persona id of every user who has one. */
  personas(): Promise<Map<string, string>>;
}

const LIST = `query Shown($userId: ID!, $first: Int!) { recommendations(userId: $userId, first: $first) {
  listId modelVersion persona { label } items { item { id } } } }`;
const RECORD = `mutation Record($events: [EventInput!]!) { recordEvents(events: $events) { rejected } }`;
const THUMB = `mutation Thumb($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const ADD = `mutation Add($items: [ItemInput!]!) { importItems(items: $items) { __typename } }`;
const USERS = `query Personas($first: Int!, $after: String) { users(first: $first, after: $after) {
  nodes { id persona { personaId } } pageInfo { endCursor hasNextPage } } }`;
const RETRAIN = `mutation Retrain { retrain { __typename ... on RetrainStarted { run { id } } } }`;
const PROGRESS = `subscription Progress { trainingProgress { id state progress error } }`;

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { message: string; extensions?: { retriable?: boolean } }[];
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly error: string | null;
}

export function createSite({ url, token }: { url: string; token: string }): Site {
  const ask = async <T>(query: string, variables: Record<string, unknown> = {}): Promise<T> => {
    for (let tries = 1; ; tries++) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      }).catch((cause: unknown) => {
        throw new InvalidInputError(`${url} does not answer: ${(cause as Error).message}.`);
      });
      const { data, errors } = (await response.json()) as Answer;
      if (errors === undefined) return data as T;
      const mayPass = errors.every(({ extensions }) => extensions?.retriable === true);
      if (!mayPass || tries === MAX_TRIES)
        throw new InvalidInputError(`The server refused: ${errors[0].message}`);
      await pause(RETRY_MS);
    }
  };
  return {
    async recommend(userId, first) {
      const { recommendations: list } = await ask<{ recommendations: ListAnswer }>(LIST, { userId, first });
      const { listId, modelVersion, persona, items } = list;
      return {
        listId,
        modelVersion,
        persona: persona?.label ?? 'none',
        itemIds: items.map(({ item }) => item.id),
      };
    },
    async record(events) {
      for (let start = 0; start < events.length; start += MAX_EVENTS) {
        const rows = events
          .slice(start, start + MAX_EVENTS)
          .map((event) => ({ ...event, at: new Date(event.at).toISOString() }));
        const { recordEvents } = await ask<{ recordEvents: { rejected: number } }>(RECORD, { events: rows });
        if (recordEvents.rejected > 0)
          throw new InvalidInputError(`The server rejected ${recordEvents.rejected} events.`);
      }
    },
    async thumb(input) {
      const { sendFeedback } = await ask<{ sendFeedback: { __typename: string } }>(THUMB, { input });
      if (sendFeedback.__typename !== 'FeedbackAccepted')
        throw new InvalidInputError(
          `The server refused the thumb on item ${input.itemId}: ${sendFeedback.__typename}.`,
        );
    },
    async addItems(items) {
      const rows = items.map(({ itemId: id, title, category, tags, locale, createdAt }) => ({
        ...{ id, title, category, tags, locale, createdAt: new Date(createdAt).toISOString() },
      }));
      if (rows.length > 0) await ask(ADD, { items: rows });
    },
    async personas() {
      const found = new Map<string, string>();
      for (let after: string | null = null; ;) {
        const { users }: { users: UsersAnswer } = await ask(USERS, { first: PAGE, after });
        for (const { id, persona } of users.nodes) if (persona !== null) found.set(id, persona.personaId);
        if (!users.pageInfo.hasNextPage) return found;
        after = users.pageInfo.endCursor;
      }
    },
    retrain: (onProgress) => retrain({ url, token, start: () => ask(RETRAIN), onProgress }),
  };
}

interface ListAnswer {
  listId: string;
  modelVersion: number;
  persona: { label: string } | null;
  items: { item: { id: string } }[];
}

interface UsersAnswer {
  nodes: { id: string; persona: { personaId: string } | null }[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

/** Subscribes before starting the run, so that its end is not missed. */
async function retrain(options: {
  url: string;
  token: string;
  start: () => Promise<{ retrain: { __typename: string; run?: { id: string } } }>;
  onProgress: (fraction: number) => void;
}): Promise<void> {
  const client = createClient({
    url: `${options.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token: options.token },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
  });
  try {
    const progress = client.iterate<{ trainingProgress: Run }>({ query: PROGRESS });
    const next = progress.next();
    const { retrain: started } = await options.start();
    const runId = started.run?.id;
    if (runId === undefined) throw new InsufficientDataError('A retrain is already running.');
    for (let step = await next; step.done !== true; step = await progress.next()) {
      const run = step.value.data?.trainingProgress;
      if (run?.id !== runId) continue;
      options.onProgress(run.progress);
      if (run.state === 'SUCCEEDED') return;
      if (run.state !== 'RUNNING')
        throw new InsufficientDataError(`The retrain ${run.state.toLowerCase()}: ${run.error}`);
    }
    throw new InsufficientDataError('The server closed the connection during the retrain.');
  } finally {
    await client.dispose();
  }
}
