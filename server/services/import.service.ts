/**
 * Stages 1 to 3 for files: read, reject what breaks a rule, land the rest. Running the same import again changes
 * nothing. With `dryRun` everything is read and checked and nothing is written.
 */

import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import type { BehaviourEvent, Item } from '../domain/index.js';
import { InvalidInputError } from '../domain/index.js';
import type { ReadBatch, Reject, TableSource } from '../ingest/index.js';
import { learnCategoryRule, nameOfSource, readEvents, readItems, readRatings } from '../ingest/index.js';
import type { Store } from '../store/index.js';

import { BulkLoad } from './bulk-load.js';
import type { ItemCatalogue } from './catalogue.service.js';
import type { MetricRecorder } from './metric-recorder.js';
import type { ProfileService } from './profile.service.js';

export const IMPORT_KINDS = ['items', 'events', 'ratings'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

export interface ImportRequest {
  readonly items?: TableSource;
  readonly events?: TableSource;
  readonly ratings?: TableSource;
  readonly dryRun: boolean;
  /** Rejected rows go here as CSV; the file is made only when there are any. Null writes none. */
  readonly rejectPath: string | null;
  /** Ratings from here up are likes; default 4. */
  readonly likeAt?: number;
  /** Ratings from here down are dislikes; default 2. */
  readonly dislikeAt?: number;
  /** `fraction` 0..1 of reading this file; `rows` read so far. */
  readonly onRead?: (kind: ImportKind, fraction: number, rows: number) => void;
  /** Rejected rows as they are found. */
  readonly onReject?: (rejects: readonly Reject[]) => void;
  /** Users written of those that are at hand. */
  readonly onWrite?: (kind: ImportKind, written: number, total: number) => void;
}

/** What came of one file. Counts of rows. */
export interface ImportReport {
  readonly kind: ImportKind;
  readonly path: string;
  readonly read: number;
  readonly recorded: number;
  readonly updated: number;
  /** Rows that were there already. */
  readonly unchanged: number;
  readonly rejected: number;
  /** Rows that name an item the catalogue does not have; they are kept. */
  readonly unknownItems: number;
  readonly newUsers: number;
  readonly ignoredColumns: readonly string[];
}

export interface ImportServiceOptions {
  readonly store: Store;
  readonly profiles: ProfileService;
  readonly catalogue: ItemCatalogue;
  readonly metrics: MetricRecorder;
  readonly pseudonymize: (rawId: string) => string;
  readonly clock: () => number;
}

interface Landing {
  readonly recorded: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly unknownItems: number;
  readonly newUsers: number;
}

const NOTHING: Landing = { recorded: 0, updated: 0, unchanged: 0, unknownItems: 0, newUsers: 0 };

export class ImportService {
  constructor(private readonly options: ImportServiceOptions) {}

  /** Throws InvalidInputError for a file that cannot be read as a whole; nothing is written then. */
  async run(request: ImportRequest): Promise<ImportReport[]> {
    if (IMPORT_KINDS.every((kind) => request[kind] === undefined)) {
      throw new InvalidInputError('Name at least one file: --items, --events or --ratings.');
    }
    await this.readBeginnings(request);
    const rejects = new RejectFile(request.rejectPath);
    const reports: ImportReport[] = [];
    try {
      if (request.items !== undefined) reports.push(await this.importItems(request.items, request, rejects));
      if (request.events !== undefined)
        reports.push(await this.importEvents(request.events, request, rejects));
      if (request.ratings !== undefined)
        reports.push(await this.importRatings(request.ratings, request, rejects));
    } finally {
      await rejects.close();
    }
    return reports;
  }

  /** Finds a file that is missing, or has the wrong columns, before any other is landed. A stream can be read only once. */
  private async readBeginnings({ items, events, ratings, likeAt, dislikeAt }: ImportRequest): Promise<void> {
    const { pseudonymize, clock } = this.options;
    const options = { pseudonymize, now: clock() };
    const readers = [
      typeof items === 'string' ? readItems(items, options) : null,
      typeof events === 'string' ? readEvents(events, options) : null,
      typeof ratings === 'string' ? readRatings(ratings, { ...options, likeAt, dislikeAt }) : null,
    ];
    for (const reader of readers) {
      await reader?.next();
      await reader?.return();
    }
  }

  private async importItems(
    source: TableSource,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { store, catalogue, clock } = this.options;
    const categoryRule = await learnCategoryRule(source, { now: clock() });
    const total = { ...NOTHING };
    const read = await this.readAll(
      'items',
      source,
      readItems(source, { now: clock(), categoryRule }),
      request,
      rejects,
      async (rows: Item[]) => {
        const landed = await store.items.replaceMany(rows);
        total.recorded += landed.inserted;
        total.updated += landed.updated;
        total.unchanged += landed.unchanged;
      },
    );
    if (!request.dryRun) {
      await store.dataset.update({ isSynthetic: false });
      await catalogue.changed();
    }
    return { kind: 'items', path: nameOfSource(source), ...read, ...total };
  }

  private importEvents(
    source: TableSource,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { pseudonymize, clock } = this.options;
    return this.importBehaviour(
      'events',
      source,
      readEvents(source, { pseudonymize, now: clock() }),
      request,
      rejects,
    );
  }

  private async importRatings(
    source: TableSource,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { pseudonymize, clock } = this.options;
    const { likeAt, dislikeAt } = request;
    // Ratings of unknown time: those of a later file outrank those of an earlier one.
    const firstPlace = await this.options.store.activity.countEvents();
    const batches = readRatings(source, { pseudonymize, now: clock(), likeAt, dislikeAt, firstPlace });
    return this.importBehaviour('ratings', source, batches, request, rejects);
  }

  private async importBehaviour(
    kind: 'events' | 'ratings',
    source: TableSource,
    batches: AsyncIterable<ReadBatch<BehaviourEvent>>,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { store, profiles, catalogue, metrics, clock } = this.options;
    const load = new BulkLoad({
      store,
      profiles,
      catalogue,
      metrics,
      clock,
      isSynthetic: false,
      onWrite: (written, total) => request.onWrite?.(kind, written, total),
    });
    const read = await this.readAll(kind, source, batches, request, rejects, (rows: BehaviourEvent[]) =>
      load.add(rows),
    );
    const landed = await load.finish();
    if (!request.dryRun) await store.dataset.update({ isSynthetic: false });
    return {
      kind,
      path: nameOfSource(source),
      ...read,
      recorded: landed.recorded,
      updated: 0,
      unchanged: landed.duplicates,
      unknownItems: landed.unknownItemEvents,
      newUsers: landed.newUsers,
    };
  }

  private async readAll<T>(
    kind: ImportKind,
    source: TableSource,
    batches: AsyncIterable<ReadBatch<T>>,
    request: ImportRequest,
    rejects: RejectFile,
    land: (rows: T[]) => Promise<void>,
  ): Promise<Pick<ImportReport, 'read' | 'rejected' | 'ignoredColumns'>> {
    let read = 0;
    let rejected = 0;
    let ignoredColumns: readonly string[] = [];
    for await (const batch of batches) {
      read += batch.rows.length + batch.rejects.length;
      rejected += batch.rejects.length;
      ignoredColumns = batch.ignoredColumns;
      rejects.add(nameOfSource(source), batch.rejects);
      if (batch.rejects.length > 0) request.onReject?.(batch.rejects);
      if (!request.dryRun && batch.rows.length > 0) await land(batch.rows);
      request.onRead?.(kind, batch.bytesRead / Math.max(1, batch.totalBytes), read);
    }
    return { read, rejected, ignoredColumns };
  }
}

/** The reject file: one CSV line per refused row; it exists only when something was refused. */
class RejectFile {
  private stream: ReturnType<typeof createWriteStream> | null = null;

  /** A null path takes rows and writes none. */
  constructor(private readonly path: string | null) {}

  add(file: string, rejects: readonly Reject[]): void {
    if (rejects.length === 0 || this.path === null) return;
    if (this.stream === null) {
      this.stream = createWriteStream(this.path);
      // Kept for close(), which reports it; without a listener it would end the process.
      this.stream.on('error', () => undefined);
      this.stream.write('file,line,column,reason,excerpt\n');
    }
    for (const { line, column, reason, excerpt } of rejects) {
      this.stream.write(`${[file, line, column ?? '', reason, excerpt].map(csvCell).join(',')}\n`);
    }
  }

  async close(): Promise<void> {
    if (this.stream === null) return;
    this.stream.end();
    await finished(this.stream);
  }
}

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
