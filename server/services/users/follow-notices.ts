/**
 * Keeps cached state up to date with other processes: refreshes it at every notice of its kind. If the database has no
 * change streams there are no notices, and the state is refreshed every second.
 */

import type { Logger } from '../../domain/index.js';
import type { Notice, Store } from '../../store/index.js';

const POLL_MS = 1_000;

/** Follows until `signal` is aborted. A failed refresh is logged and retried after a second. */
export function followNotices({
  store,
  kind,
  refresh,
  signal,
  log,
}: {
  readonly store: Pick<Store, 'notices'>;
  readonly kind: Notice['kind'];
  readonly refresh: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}): void {
  let timer: NodeJS.Timeout | undefined;
  const readAgain = async (isPolling: boolean): Promise<void> => {
    clearTimeout(timer);
    let hasFailed = false;
    await refresh().catch((error: unknown) => {
      hasFailed = true;
      log.warn({ err: error, kind }, 'cached access rules could not be refreshed; retrying');
    });
    if (signal.aborted || !(hasFailed || isPolling)) return;
    timer = setTimeout(() => void readAgain(isPolling), POLL_MS);
    timer.unref();
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });

  // A restarted stream may have missed a notice.
  const notices = store.notices.watch({ signal, onStart: () => void readAgain(false) });
  if (notices === null) void readAgain(true);
  else
    void (async () => {
      for await (const notice of notices) if (notice.kind === kind) await readAgain(false);
    })();
}
