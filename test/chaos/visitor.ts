/**
 * One user of a site under faults: gives thumbs, sends the page's own events at the same moment, retries half of what
 * was not answered, and keeps one subscription open. Everything is written into a ledger.
 */

import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

import type { Random } from '../../server/learning/index.js';
import { ask, askFor } from '../support/api-client.js';

import { Ledger, type Opinion, type SentThumb, type UserRecord } from './ledger.js';

const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) {
  __typename ... on FeedbackAccepted { feedback { at } list { revision } } } }`;
const RECORD = `mutation ($events: [EventInput!]!) { recordEvents(events: $events) { rejected } }`;
const LIST = '{ recommendations(first: 10) { revision items { item { id } } } me { user { eventCount } } }';
const UPDATED =
  'subscription { recommendationsUpdated(first: 10) { list { revision items { item { id } } } } }';
const EXPORT = 'mutation { exportUser { __typename ... on UserExport { document } } }';

const ANSWER_MS = 15_000;
const PROBE_MS = 2_000;
const MAX_RETRIES = 3;
/** Clients' clocks are off by up to this much. */
const CLOCK_SKEW_MS = 50;
const N_ITEMS = 8;

interface List {
  readonly revision: number;
  readonly items: readonly { readonly item: { readonly id: string } }[];
}

/** What a visitor saw of a list: its revision and its order. */
export interface SeenList {
  readonly revision: number;
  readonly order: string;
}

export interface VisitorOptions {
  readonly token: string;
  readonly name: string;
  readonly itemIds: readonly string[];
  readonly random: Random;
  /** Where requests go; may change from one request to the next. */
  readonly url: () => string;
  /** Where the window is connected to. */
  readonly wsUrl: () => string;
}

export class Visitor {
  readonly ledger = new Ledger();
  /** Revisions that fell, one sentence each. */
  readonly falls: string[] = [];
  nUnanswered = 0;
  private isConnected = false;
  private pushed: SeenList | null = null;
  private highestPush = 0;
  private highestKnown = 0;
  private client: Client | null = null;
  /** Items with a thumb on its way, or one without an answer that may still be stored. */
  private readonly doubtful = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private nSessions = 0;
  private nProbes = 0;

  constructor(private readonly options: VisitorOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Opens the window; it reconnects by itself for ever. */
  openWindow(): void {
    const { wsUrl, token } = this.options;
    this.client = createClient({
      url: wsUrl,
      webSocketImpl: WebSocket,
      connectionParams: { token },
      shouldRetry: () => true,
      retryAttempts: Infinity,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 250)),
    });
    // A frontend asks again after a reconnect; what was pushed before is no longer what it shows.
    this.client.on('closed', () => {
      this.pushed = null;
      this.isConnected = false;
    });
    this.client.on('connected', () => (this.isConnected = true));
    this.client.subscribe<{ recommendationsUpdated: { list: List } }>(
      { query: UPDATED },
      {
        next: ({ data }) => {
          if (data == null) return;
          const seen = seenOf(data.recommendationsUpdated.list);
          if (seen.revision < this.highestPush) this.fell('a push', seen.revision, this.highestPush);
          this.highestPush = Math.max(this.highestPush, seen.revision);
          this.highestKnown = Math.max(this.highestKnown, seen.revision);
          this.pushed = seen;
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
  }

  async close(): Promise<void> {
    await this.client?.dispose();
  }

  /** One step of behaviour, without waiting for the answers. */
  act(): void {
    const { random } = this.options;
    if (random.next() < 0.45) this.go(this.giveThumb());
    if (random.next() < 0.6) this.go(this.sendEvents());
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** Call once the servers are quiet: what has no answer by now is stored, or never will be. */
  endDoubt(): void {
    this.doubtful.clear();
  }

  async query(): Promise<SeenList & { eventCount: number | null }> {
    const { url, token } = this.options;
    // A push may overtake the answer of an earlier query, so only what was known before the question counts.
    const known = this.highestKnown;
    const { recommendations, me } = await askFor<{
      recommendations: List;
      me: { user: { eventCount: number } | null };
    }>(url(), token, LIST);
    const seen = seenOf(recommendations);
    if (seen.revision < known) this.fell('a query', seen.revision, known);
    this.highestKnown = Math.max(this.highestKnown, seen.revision);
    return { ...seen, eventCount: me.user?.eventCount ?? null };
  }

  /** Whether the window has its connection, however little was pushed. */
  hasWindow(): boolean {
    return this.isConnected;
  }

  /** The list the open window shows; null when nothing was pushed since it connected. */
  window(): SeenList | null {
    return this.pushed;
  }

  /** Whether a thumb about an item of its own is accepted now: up and taken back in turns. */
  async probe(): Promise<boolean> {
    const value = (this.nProbes += 1) % 2 === 1 ? 'UP' : 'NONE';
    const answer = await this.ask<{ sendFeedback: { feedback?: { at: string } } }>(
      SEND,
      { input: { itemId: this.options.itemIds[0], value } },
      PROBE_MS,
    ).catch(() => null);
    return answer?.sendFeedback.feedback !== undefined;
  }

  async record(): Promise<UserRecord> {
    const { url, token } = this.options;
    const { exportUser } = await askFor<{ exportUser: { document?: string } }>(url(), token, EXPORT);
    if (exportUser.document === undefined) return { feedback: [], activity: [], profile: null };
    return JSON.parse(exportUser.document) as UserRecord;
  }

  private fell(where: string, revision: number, known: number): void {
    this.falls.push(`${where} had revision ${revision} after ${known}`);
  }

  private go(work: Promise<void>): void {
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private pick(): string {
    const { random, itemIds } = this.options;
    return itemIds[Math.floor(random.next() * Math.min(N_ITEMS, itemIds.length))]!;
  }

  private async giveThumb(): Promise<void> {
    const { random } = this.options;
    const itemId = this.pick();
    const before = this.ledger.thumbs.findLast((thumb) => thumb.itemId === itemId)?.value ?? 'NONE';
    const value: Opinion = before === 'UP' ? (random.next() < 0.5 ? 'DOWN' : 'NONE') : 'UP';
    // Two opinions on one item at once have no order that a client could know.
    if (this.doubtful.has(itemId)) return;
    const thumb: SentThumb = { itemId, value, acknowledgedAt: null };
    this.ledger.thumbs.push(thumb);
    this.doubtful.add(itemId);
    const isPersistent = random.next() < 0.5;
    await this.untilAnswered(isPersistent, async () => {
      const answer = await this.ask<{
        sendFeedback: { feedback?: { at: string }; list?: { revision: number } };
      }>(SEND, { input: { itemId, value } });
      const accepted = answer?.sendFeedback;
      if (accepted?.feedback === undefined) return false;
      thumb.acknowledgedAt = accepted.feedback.at;
      return true;
    });
    if (thumb.acknowledgedAt !== null) this.doubtful.delete(itemId);
  }

  private async sendEvents(): Promise<void> {
    const { random, name } = this.options;
    const sessionId = `${name}-${Math.floor(this.nSessions++ / 5)}`;
    const skew = Math.round((random.next() * 2 - 1) * CLOCK_SKEW_MS);
    const events = Array.from({ length: 1 + Math.floor(random.next() * 3) }, (_, place) => ({
      type: random.next() < 0.7 ? 'VIEW' : 'CLICK',
      itemId: this.pick(),
      at: new Date(Date.now() + skew + place).toISOString(),
      sessionId,
    }));
    const sent = events.map((event) => ({ ...event, isAcknowledged: false }));
    this.ledger.events.push(...sent);
    const isPersistent = random.next() < 0.5;
    await this.untilAnswered(isPersistent, async () => {
      const answer = await this.ask<{ recordEvents: { rejected: number } }>(RECORD, { events });
      if (answer?.recordEvents.rejected !== 0) return false;
      for (const event of sent) event.isAcknowledged = true;
      return true;
    });
  }

  /** Sends once, and again where the user is persistent. */
  private async untilAnswered(isPersistent: boolean, send: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt <= (isPersistent ? MAX_RETRIES : 0); attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** attempt));
      if (await send().catch(() => false)) return;
      this.nUnanswered += 1;
    }
  }

  private async ask<T>(
    query: string,
    variables: Record<string, unknown>,
    answerMs = ANSWER_MS,
  ): Promise<T | null> {
    const { url, token } = this.options;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), answerMs).unref());
    const answer = await Promise.race([ask<T>(url(), token, query, variables), late]);
    return answer?.errors === undefined ? (answer?.data ?? null) : null;
  }
}

function seenOf({ revision, items }: List): SeenList {
  return { revision, order: items.map(({ item }) => item.id).join(' ') };
}
