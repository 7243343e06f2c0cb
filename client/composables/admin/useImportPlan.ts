/**
 * The plan of an import: the server previews the beginning of the file, again after each choice.
 * Admins only.
 */

import { computed, onScopeDispose, readonly, shallowRef, type ComputedRef, type ShallowRef } from 'vue';

import { useSession, type Failure } from '../index.js';

import {
  NO_CHOICES,
  chosenMapping,
  scaleFault,
  wholeMapping,
  type ImportChoices,
  type ImportKind,
  type ImportPreview,
  type Mapping,
} from './import-mapping.js';
import { readProgress } from './import-progress.js';
import { failureKindOf } from './useImport.js';

/** Number of bytes of a file that are sent for a preview. */
export const PREVIEW_BYTES = 256 * 1024;
const DEBOUNCE_MS = 300;

export interface ImportPlan {
  readonly kind: Readonly<ShallowRef<ImportKind>>;
  readonly file: Readonly<ShallowRef<File | null>>;
  readonly choices: Readonly<ShallowRef<ImportChoices>>;
  /** The last preview; null before the first, and after the file or its kind changes. */
  readonly preview: Readonly<ShallowRef<ImportPreview | null>>;
  readonly isLoading: Readonly<ShallowRef<boolean>>;
  readonly failure: Readonly<ShallowRef<Failure | null>>;
  /** The mapping for the import as shown; null while the import would not start. */
  readonly mapping: ComputedRef<Mapping | null>;
  setKind(kind: ImportKind): void;
  setFile(file: File): void;
  choose(choices: ImportChoices): void;
}

/** Handles a single file at a time. Choices are debounced by 300 ms before the next preview. */
export function useImportPlan(): ImportPlan {
  const { token } = useSession();
  const kind = shallowRef<ImportKind>('events');
  const file = shallowRef<File | null>(null);
  const choices = shallowRef<ImportChoices>(NO_CHOICES);
  const preview = shallowRef<ImportPreview | null>(null);
  const isLoading = shallowRef(false);
  const failure = shallowRef<Failure | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | null = null;

  function stop(): void {
    clearTimeout(timer);
    asked?.abort();
    asked = null;
  }

  function refresh(delayMs: number): void {
    stop();
    isLoading.value = file.value !== null && scaleFault(choices.value) === null;
    if (isLoading.value) timer = setTimeout(() => void ask(file.value!), delayMs);
  }

  async function ask(chosen: File): Promise<void> {
    const current = new AbortController();
    asked = current;
    const answer = await request(chosen, current.signal);
    if (current.signal.aborted) return;
    isLoading.value = false;
    failure.value = answer.failure;
    if (answer.preview !== null) preview.value = answer.preview;
  }

  async function request(
    chosen: File,
    signal: AbortSignal,
  ): Promise<{ preview: ImportPreview | null; failure: Failure | null }> {
    const query = new URLSearchParams({
      kind: kind.value,
      preview: 'true',
      partial: String(chosen.size > PREVIEW_BYTES),
      name: chosen.name,
      mapping: JSON.stringify(chosenMapping(kind.value, choices.value, preview.value)),
    });
    try {
      const response = await fetch(`/import?${query}`, {
        method: 'POST',
        headers: {
          // Without a token the browser sends the cookie of an account.
          ...(token.value === null ? {} : { authorization: `Bearer ${token.value}` }),
          'content-type': 'application/octet-stream',
        },
        body: chosen.slice(0, PREVIEW_BYTES),
        signal,
      });
      const { preview: found, error } = readProgress(await response.text());
      if (response.ok && found !== null) return { preview: found, failure: null };
      return {
        preview: null,
        failure: { kind: failureKindOf(response.status), message: error, reference: null },
      };
    } catch {
      return { preview: null, failure: { kind: 'network', message: null, reference: null } };
    }
  }

  /** Columns and types belong to a single file and kind. */
  function begin(kept: ImportChoices): void {
    choices.value = kept;
    preview.value = null;
    failure.value = null;
    refresh(0);
  }

  onScopeDispose(stop);
  return {
    kind: readonly(kind),
    file: readonly(file) as Readonly<ShallowRef<File | null>>,
    choices: readonly(choices) as Readonly<ShallowRef<ImportChoices>>,
    preview: readonly(preview) as Readonly<ShallowRef<ImportPreview | null>>,
    isLoading: readonly(isLoading),
    failure: readonly(failure) as Readonly<ShallowRef<Failure | null>>,
    mapping: computed(() => {
      const found = preview.value;
      if (found === null || found.question !== null || isLoading.value || failure.value !== null) return null;
      return scaleFault(choices.value) === null ? wholeMapping(kind.value, choices.value, found) : null;
    }),
    setKind(next) {
      const { delimiter, encoding } = choices.value;
      kind.value = next;
      begin({ ...NO_CHOICES, delimiter, encoding });
    },
    setFile(next) {
      file.value = next;
      begin(NO_CHOICES);
    },
    choose(next) {
      choices.value = next;
      refresh(DEBOUNCE_MS);
    },
  };
}
