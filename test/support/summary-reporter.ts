/**
 * A reporter that closes a run with one plain line, `N passed, N failed[, N skipped]`, for programs to read.
 * It is written while the process exits, so nothing that a teardown prints can come after it.
 */

import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Counts tests; a file that cannot be loaded and an error outside of any test each count as one failure. */
export function summaryLine(
  modules: readonly Pick<TestModule, 'children' | 'errors'>[],
  unhandled: readonly SerializedError[],
): string {
  const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
  for (const module of modules) {
    count.failed += module.errors().length;
    for (const test of module.children.allTests()) count[test.result().state]++;
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
  }
  // A test that never ended was not passed.
  const failed = count.failed + count.pending;
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
  return `${count.passed} passed, ${failed} failed${skipped}`;
}

/** The reporter itself, to be listed last. */
export class SummaryReporter implements Reporter {
  private line: string | undefined;

  onInit(): void {
    process.once('exit', () => {
      if (this.line !== undefined) process.stdout.write(`${this.line}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.line = summaryLine(modules, unhandled);
  }
}
