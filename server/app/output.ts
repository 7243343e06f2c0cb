/** The reader of a program's output may leave before its end, as `head` does. */

/**
 * Lets a program end as it would have: what nobody reads is dropped. Without this the first such write ends the process
 * at once, with a stack and whatever it had opened.
 */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
