/** Reads what the server says during an import: one JSON object a line, the report or an error last. */

export interface ImportReport {
  readonly kind: string;
  readonly isDryRun: boolean;
  readonly read: number;
  readonly recorded: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly unknownItems: number;
  readonly newUsers: number;
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
  readonly error: string | null;
}

interface Line {
  readonly type?: 'progress' | 'report' | 'error';
  readonly fraction?: number;
  readonly rows?: number;
  readonly report?: ImportReport;
  readonly errors?: readonly { readonly message: string }[];
}

/** Works on a text that is still growing: a line without its end is left for later. */
export function readProgress(text: string): ImportProgress {
  let progress: ImportProgress = { fraction: 0, rows: 0, report: null, error: null };
  for (const line of text.split('\n')) {
    const { fraction, rows, report, errors } = parse(line);
    progress = {
      fraction: fraction ?? progress.fraction,
      rows: rows ?? report?.read ?? progress.rows,
      report: report ?? progress.report,
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
