/** Parses the progress stream of an import: a JSON object per line; the last is the report, the preview or an error. */

import type { ImportPreview, RejectReason } from './import-mapping.js';

export interface ImportReport {
  readonly kind: string;
  readonly isDryRun: boolean;
  readonly read: number;
  readonly recorded: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly leftOut: number;
  readonly unknownItems: number;
  readonly newUsers: number;
  readonly newItems: number;
  /** First and last time of the events, ms since the epoch; null where none is known. */
  readonly from: number | null;
  readonly to: number | null;
  /** The most frequent first. */
  readonly reasons: readonly RejectReason[];
  /** Reasons to treat this import as failed. */
  readonly problems: readonly string[];
  readonly ignoredColumns: readonly string[];
  /** The first of the rejected rows. */
  readonly rejects: readonly {
    readonly line: number;
    readonly column: string | null;
    readonly reason: string;
    readonly excerpt: string;
  }[];
}

export interface ImportProgress {
  readonly fraction: number;
  readonly rows: number;
  readonly report: ImportReport | null;
  readonly preview: ImportPreview | null;
  readonly error: string | null;
}

interface Line {
  readonly type?: 'progress' | 'report' | 'preview' | 'error';
  readonly fraction?: number;
  readonly rows?: number;
  readonly report?: ImportReport;
  readonly preview?: ImportPreview;
  readonly errors?: readonly { readonly message: string }[];
}

/** Accepts a partial response: an incomplete last line is ignored. */
export function readProgress(text: string): ImportProgress {
  let progress: ImportProgress = { fraction: 0, rows: 0, report: null, preview: null, error: null };
  for (const line of text.split('\n')) {
    const { fraction, rows, report, preview, errors } = parse(line);
    progress = {
      fraction: fraction ?? progress.fraction,
      rows: rows ?? report?.read ?? progress.rows,
      report: report ?? progress.report,
      preview: preview ?? progress.preview,
      error: errors?.[0]?.message ?? progress.error,
    };
  }
  return progress;
}

function parse(line: string): Line {
  try {
    return line.trim() === '' ? {} : (JSON.parse(line) as Line);
  } catch {
    return {};
  }
}
