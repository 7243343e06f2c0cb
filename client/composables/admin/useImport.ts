/**
 * Uploads a file for import, with progress of upload and import. Uses XMLHttpRequest, since `fetch` does not report
 * upload progress.
 * Admins only.
 */

import { onScopeDispose, readonly, shallowRef, type DeepReadonly, type Ref } from 'vue';

import { useSession, type Failure } from '../index.js';

import type { ImportKind, Mapping } from './import-mapping.js';
import { readProgress, type ImportReport } from './import-progress.js';

export type { ImportReport };

export interface ImportState {
  /** `sending` while bytes go up, `working` while the server reads and writes. */
  readonly phase: 'idle' | 'sending' | 'working' | 'done' | 'failed';
  /** Progress of the phase, 0 to 1. */
  readonly fraction: number;
  /** Rows read so far. */
  readonly rows: number;
  readonly report: ImportReport | null;
  readonly failure: Failure | null;
}

export interface ImportOrder {
  readonly kind: ImportKind;
  readonly file: File;
  readonly mapping: Mapping;
  /** Validates the file without writing. */
  readonly isDryRun: boolean;
}

const IDLE: ImportState = { phase: 'idle', fraction: 0, rows: 0, report: null, failure: null };

export function useImport(): {
  readonly state: DeepReadonly<Ref<ImportState>>;
  send(order: ImportOrder): void;
  cancel(): void;
} {
  const { token } = useSession();
  const state = shallowRef<ImportState>(IDLE);
  let request: XMLHttpRequest | null = null;
  const move = (change: Partial<ImportState>) => (state.value = { ...state.value, ...change });
  const fail = (kind: Failure['kind'], message: string | null) =>
    move({ phase: 'failed', failure: { kind, message, reference: null } });

  function send({ kind, file, mapping, isDryRun }: ImportOrder): void {
    request?.abort();
    const current = new XMLHttpRequest();
    request = current;
    state.value = { ...IDLE, phase: 'sending' };
    const query = new URLSearchParams({
      kind,
      name: file.name,
      dryRun: String(isDryRun),
      mapping: JSON.stringify(mapping),
    });
    current.open('POST', `/import?${query}`);
    // Without a token the browser sends the cookie of an account.
    if (token.value !== null) current.setRequestHeader('authorization', `Bearer ${token.value}`);
    current.setRequestHeader('content-type', 'application/octet-stream');
    current.upload.onprogress = ({ loaded, total }) => move({ fraction: loaded / Math.max(1, total) });
    current.upload.onload = () => move({ phase: 'working', fraction: 0 });
    current.onprogress = () => {
      if (current.status !== 200) return;
      const { fraction, rows } = readProgress(current.responseText);
      move({ phase: 'working', fraction, rows });
    };
    current.onerror = () => fail('network', null);
    current.onload = () => finish(current);
    current.send(file);
  }

  function finish({ status, responseText }: XMLHttpRequest): void {
    const { report, error, rows } = readProgress(responseText);
    if (status === 200 && report !== null) move({ phase: 'done', fraction: 1, rows, report });
    else fail(failureKindOf(status), error);
  }

  function cancel(): void {
    request?.abort();
    request = null;
    state.value = IDLE;
  }
  onScopeDispose(() => request?.abort());
  return { state: readonly(state) as DeepReadonly<Ref<ImportState>>, send, cancel };
}

/** Maps an HTTP status of the import endpoint to a kind of failure. */
export function failureKindOf(status: number): Failure['kind'] {
  return status === 401 || status === 403 ? 'refused' : status === 409 ? 'busy' : 'fault';
}
