/**
 * Stages 1 to 3 for files: detects their format, rejects invalid rows, stores the rest. Running the same import again
 * changes nothing. With `dryRun` all rows are read and checked, and nothing is written.
 */

import type { BehaviourEvent, ImportRecord, Item } from '../../domain/index.js';
import { InvalidInputError, isTimeKnown } from '../../domain/index.js';
import type {
  GivenMapping,
  ItemSurvey,
  ReadBatch,
  Reject,
  TableMapping,
  TableSource,
} from '../../ingest/index.js';
import {
  NOTHING_GIVEN,
  describeMapping,
  nameOfSource,
  planTable,
  previewTable,
  readEvents,
  readItemRows,
  readRatings,
  surveyItems,
  unusedColumns,
} from '../../ingest/index.js';
import type { Store } from '../../store/index.js';

import { BulkLoad } from './bulk-load.js';
import type { ActivityMetrics, CatalogueService, DemoService, LiveUsers } from '../users/index.js';
import type { ImportKind, ImportPreview, ImportReport } from './import-report.js';
import { IMPORT_KINDS, RejectTally, problemsOf } from './import-report.js';
import { RejectFile } from './reject-file.js';
import type { ImportsPort } from '../index.js';

export interface ImportRequest {
  readonly items?: TableSource;
  readonly events?: TableSource;
  readonly ratings?: TableSource;
  /** Given parts of the mapping; the rest is detected. Default: none. */
  readonly mapping?: GivenMapping;
  readonly dryRun: boolean;
  /** CSV file for rejected rows, kept only if there are any. Null writes none. */
  readonly rejectPath: string | null;
  /** `fraction` 0..1 of reading this file; `rows` read so far. */
  readonly onRead?: (kind: ImportKind, fraction: number, rows: number) => void;
  /** Rejected rows as they are found. */
  readonly onReject?: (rejects: readonly Reject[]) => void;
  /** Users written of the current batch. */
  readonly onWrite?: (kind: ImportKind, written: number, total: number) => void;
}

interface ImportServiceOptions {
  readonly store: Store;
  readonly users: LiveUsers;
  readonly catalogue: CatalogueService;
  readonly demo: DemoService;
  readonly metrics: ActivityMetrics;
  readonly pseudonymize: (rawId: string) => string;
  readonly createId: () => string;
  readonly clock: () => number;
}

/** A file with its mapping, ready to import. */
interface Plan {
  readonly kind: ImportKind;
  readonly source: TableSource;
  readonly mapping: TableMapping;
}

type Counts = Pick<
  ImportReport,
  | 'recorded'
  | 'updated'
  | 'unchanged'
  | 'equalRows'
  | 'unknownItems'
  | 'newUsers'
  | 'newItems'
  | 'missingItems'
>;

const NOTHING: Counts = {
  recorded: 0,
  updated: 0,
  unchanged: 0,
  equalRows: 0,
  unknownItems: 0,
  newUsers: 0,
  newItems: 0,
  missingItems: 0,
};
const SHOWN_REPEATS = 3;
const PRUNED = 'known items are not in this file and become unavailable';
const NOT_PRUNED = 'known items are not in this file; they stay on offer (--prune makes them unavailable)';
const DOUBTFUL = 'items become unavailable, because their availability value is not recognised';

export class ImportService implements ImportsPort {
  constructor(private readonly options: ImportServiceOptions) {}

  /** Throws InvalidInputError for an unreadable file or an ambiguous mapping; nothing is written then. */
  async run(request: ImportRequest): Promise<ImportReport[]> {
    const plans = await this.plan(request);
    const survey = await this.survey(plans);
    const rejects = await RejectFile.open(request.rejectPath);
    const reports: ImportReport[] = [];
    try {
      for (const plan of plans) {
        const report =
          plan.kind === 'items'
            ? await this.importItems(plan, survey!, request, rejects)
            : await this.importBehaviour(plan, survey, request, rejects);
        if (!request.dryRun) await this.remember(report);
        reports.push(report);
      }
    } finally {
      await rejects.close();
    }
    return reports;
  }

  /**
   * Detects the mapping of a file and reads its first rows, so that the mapping can be corrected before the import.
   * Throws InvalidInputError if the file is not a table; open questions are part of the result.
   */
  async preview(kind: ImportKind, source: TableSource, given: GivenMapping): Promise<ImportPreview> {
    const { rejects, ...preview } = await previewTable(source, kind, { given, now: this.options.clock() });
    const tally = new RejectTally();
    tally.add(rejects);
    return { ...preview, rejected: rejects.length, reasons: tally.list() };
  }

  imports(first: number): Promise<ImportRecord[]> {
    return this.options.store.imports.list(first);
  }

  /** Adds an import to the history. */
  private remember({ kind, path, ...counts }: ImportReport): Promise<void> {
    const { store, createId, clock } = this.options;
    const { read, recorded, updated, unchanged, rejected, unknownItems, newUsers, newItems } = counts;
    return store.imports.append({
      ...{ importId: createId(), at: clock(), kind, name: path.split(/[\\/]/).at(-1)! },
      ...{ read, recorded, updated, unchanged, rejected, unknownItems, newUsers, newItems },
    });
  }

  /** Plans every file first, so that a missing or ambiguous file is found before any other is imported. */
  private async plan(request: ImportRequest): Promise<Plan[]> {
    const { mapping: given = NOTHING_GIVEN } = request;
    if (IMPORT_KINDS.every((kind) => request[kind] === undefined))
      throw new InvalidInputError('Name at least one file: --items, --events or --ratings.');
    if (given.prune && request.items === undefined)
      throw new InvalidInputError('--prune needs the whole catalogue: name it with --items.', 'prune');
    const plans: Plan[] = [];
    for (const kind of IMPORT_KINDS) {
      const source = request[kind];
      if (source === undefined) continue;
      plans.push({
        kind,
        source,
        mapping: await planTable(source, kind, { given, now: this.options.clock() }),
      });
    }
    const [unused] = unusedColumns(plans[0].mapping).filter((pair) =>
      plans.every(({ mapping }) => unusedColumns(mapping).includes(pair)),
    );
    if (unused !== undefined)
      throw new InvalidInputError(`--map ${unused}: no file has such a column for such a field.`, 'map');
    return plans;
  }

  /** Surveys the items before the first row is stored; null without a file of items. */
  private async survey(plans: readonly Plan[]): Promise<ItemSurvey | null> {
    const plan = plans.find(({ kind }) => kind === 'items');
    if (plan === undefined) return null;
    return surveyItems(plan.source, { now: this.options.clock(), mapping: plan.mapping });
  }

  private async importItems(
    plan: Plan,
    survey: ItemSurvey,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { store, catalogue, clock } = this.options;
    const { mapping, source } = plan;
    const total = { ...NOTHING };
    const batches = readItemRows(source, { now: clock(), mapping, categoryRule: survey.categoryRule });
    const read = await this.readAll(plan, batches, request, rejects, async (rows) => {
      // Of several rows with the same id, the last is used.
      const items = rows
        .filter(({ item, line }) => survey.lines.get(item.itemId) === line)
        .map(({ item }) => item);
      total.equalRows += rows.length - items.length;
      if (request.dryRun) return;
      const landed = await store.items.replaceMany(items);
      await catalogue.changed(items.map(({ itemId }) => itemId));
      total.recorded += landed.inserted;
      total.updated += landed.updated;
      total.unchanged += landed.unchanged;
    });
    const remarks = [...survey.repeats].slice(0, SHOWN_REPEATS).map(([itemId, count]) => ({
      remark: `rows have the id "${itemId}": line ${survey.lines.get(itemId)} counts`,
      count,
    }));
    const isIn = (itemId: string) => survey.lines.has(itemId) || survey.refused.has(itemId);
    const missing = [...catalogue.availableIds()].filter((itemId) => !isIn(itemId));
    total.missingItems = missing.length;
    if (missing.length > 0)
      remarks.push({ remark: mapping.given.prune ? PRUNED : NOT_PRUNED, count: missing.length });
    if (!request.dryRun) {
      // Their availability cannot be read, so they are made unavailable.
      const doubtful = [...survey.doubtful].filter(
        (itemId) => catalogue.isAvailable(itemId) && !survey.lines.has(itemId),
      );
      await this.takeOffer([...doubtful, ...(mapping.given.prune ? missing : [])]);
      if (doubtful.length > 0) remarks.push({ remark: DOUBTFUL, count: doubtful.length });
    }
    return this.report(plan, read, total, {
      remarks: [...remarks, ...read.remarks],
      nItems: survey.lines.size,
    });
  }

  /** Makes items unavailable. */
  private async takeOffer(itemIds: readonly string[]): Promise<void> {
    const { store, catalogue } = this.options;
    const found = await store.items.findMany(itemIds);
    if (found.length === 0) return;
    await store.items.replaceMany(found.map((item) => ({ ...item, isAvailable: false })));
    await catalogue.changed(found.map(({ itemId }) => itemId));
  }

  private async importBehaviour(
    plan: Plan,
    survey: ItemSurvey | null,
    request: ImportRequest,
    rejects: RejectFile,
  ): Promise<ImportReport> {
    const { store, users, catalogue, metrics, clock } = this.options;
    const { kind, mapping } = plan;
    const isKnown = (itemId: string) =>
      catalogue.has(itemId) || (request.dryRun && survey?.lines.has(itemId) === true);
    const newItems = mapping.given.itemsFromEvents
      ? await this.itemsOf(plan, isKnown, request.dryRun)
      : new Set<string>();
    const load = new BulkLoad({
      store,
      users,
      catalogue,
      metrics,
      clock,
      isSynthetic: false,
      onWrite: (written, total) => request.onWrite?.(kind, written, total),
    });
    const seen = { withItem: 0, withKnownItem: 0, isFloatId: false, from: Infinity, to: -Infinity };
    const batches = await this.behaviourOf(plan);
    const read = await this.readAll(plan, batches, request, rejects, async (rows) => {
      for (const { itemId, at } of rows) {
        if (isTimeKnown(at)) {
          seen.from = Math.min(seen.from, at);
          seen.to = Math.max(seen.to, at);
        }
        if (itemId === null) continue;
        seen.withItem += 1;
        if (isKnown(itemId) || newItems.has(itemId)) seen.withKnownItem += 1;
        else seen.isFloatId ||= itemId.endsWith('.0') && isKnown(itemId.slice(0, -2));
      }
      if (!request.dryRun) await load.add(rows);
    });
    const landed = await load.finish();
    const counts = {
      ...NOTHING,
      recorded: landed.recorded,
      unchanged: landed.duplicates,
      equalRows: landed.equalRows,
      unknownItems: landed.unknownItemEvents,
      newUsers: landed.newUsers,
      newItems: newItems.size,
    };
    const nItems = catalogue.size + (request.dryRun ? newItems.size + (survey?.lines.size ?? 0) : 0);
    return this.report(plan, read, counts, { ...seen, nItems });
  }

  private async behaviourOf({
    kind,
    source,
    mapping,
  }: Plan): Promise<AsyncIterable<ReadBatch<BehaviourEvent>>> {
    const { store, pseudonymize, clock } = this.options;
    const options = { pseudonymize, now: clock(), mapping };
    if (kind === 'events') return readEvents(source, options);
    // Ratings of unknown time: those of a later file take precedence over those of an earlier file.
    return readRatings(source, { ...options, firstPlace: await store.activity.countEvents() });
  }

  /** Creates items for ids that are not in the catalogue. Returns those ids. */
  private async itemsOf(
    plan: Plan,
    isKnown: (itemId: string) => boolean,
    isDryRun: boolean,
  ): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for await (const { rows } of await this.behaviourOf(plan)) {
      for (const { itemId } of rows) if (itemId !== null && !isKnown(itemId)) found.add(itemId);
    }
    if (isDryRun || found.size === 0) return found;
    const { store, catalogue, demo } = this.options;
    await demo.end();
    await store.items.replaceMany([...found].map(bareItem));
    await catalogue.changed([...found]);
    return found;
  }

  private async readAll<T>(
    { kind, source }: Plan,
    batches: AsyncIterable<ReadBatch<T>>,
    request: ImportRequest,
    rejectFile: RejectFile,
    land: (rows: T[]) => Promise<void>,
  ): Promise<Reading> {
    const tally = new RejectTally();
    const reading = { read: 0, rejected: 0, leftOut: 0 };
    let last: ReadBatch<T> | null = null;
    for await (const batch of batches) {
      const { rows, rejects, leftOut } = batch;
      reading.read += rows.length + rejects.length + leftOut;
      reading.rejected += rejects.length;
      reading.leftOut += leftOut;
      last = batch;
      tally.add(rejects);
      rejectFile.add(nameOfSource(source), rejects);
      if (rejects.length > 0) request.onReject?.(rejects);
      if (rows.length > 0) {
        if (!request.dryRun) await this.options.demo.end();
        await land(rows);
      }
      request.onRead?.(kind, batch.bytesRead / Math.max(1, batch.totalBytes), reading.read);
    }
    return {
      ...reading,
      ignoredColumns: last?.ignoredColumns ?? [],
      nestedColumns: last?.nestedColumns ?? [],
      remarks: last?.remarks.list() ?? [],
      reasons: tally.list(),
    };
  }

  private report({ kind, source, mapping }: Plan, read: Reading, counts: Counts, seen: Seen): ImportReport {
    const {
      from = Infinity,
      to = -Infinity,
      withItem = 0,
      withKnownItem = 0,
      isFloatId = false,
      nItems,
    } = seen;
    return {
      kind,
      path: nameOfSource(source),
      ...read,
      ...counts,
      remarks: seen.remarks ?? read.remarks,
      from: Number.isFinite(from) ? from : null,
      to: Number.isFinite(to) ? to : null,
      mapping: describeMapping(mapping),
      problems: problemsOf({ kind, ...read, withItem, withKnownItem, nItems, isFloatId }),
    };
  }
}

type Reading = Pick<
  ImportReport,
  'read' | 'rejected' | 'leftOut' | 'ignoredColumns' | 'nestedColumns' | 'remarks' | 'reasons'
>;

interface Seen {
  readonly nItems: number;
  readonly remarks?: ImportReport['remarks'];
  readonly from?: number;
  readonly to?: number;
  readonly withItem?: number;
  readonly withKnownItem?: number;
  readonly isFloatId?: boolean;
}

/** An item with only its id known. */
function bareItem(itemId: string): Item {
  return {
    itemId,
    title: itemId,
    category: '',
    tags: [],
    attributes: {},
    locale: null,
    createdAt: 0,
    isAvailable: true,
  };
}
