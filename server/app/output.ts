/** Handles a closed output pipe, as with `head`. */

/**
 * Discards output to a closed pipe, so that the program still ends normally. Without this, the first such write ends the
 * process with a stack trace and without closing its resources.
 */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
