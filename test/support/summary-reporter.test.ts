import { describe, expect, it } from 'vitest';
import type { TestModule } from 'vitest/node';

import { summaryLine } from './summary-reporter.js';

type State = 'passed' | 'failed' | 'skipped' | 'pending';
type Module = Parameters<typeof summaryLine>[0][number];

/** A test file whose tests ended like this; `errors` are its own, `suiteErrors` those of one suite in it. */
function file(states: State[], errors = 0, suiteErrors = 0): Module {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  const error = { message: 'boom' };
  return {
    errors: () => Array<typeof error>(errors).fill(error),
    children: {
      allTests: () => tests.values(),
      allSuites: () => [{ errors: () => Array<typeof error>(suiteErrors).fill(error) }].values(),
    } as unknown as TestModule['children'],
  };
}

describe('the last line of a run', () => {
  it('counts tests over all files', () => {
    expect(summaryLine([file(['passed', 'passed']), file(['passed', 'failed'])], [])).toBe(
      '3 passed, 1 failed',
    );
  });

  it('adds the skipped ones only when there are some', () => {
    expect(summaryLine([file(['passed', 'skipped'])], [])).toBe('1 passed, 0 failed, 1 skipped');
  });

  it('never says that nothing failed when a file, a suite or the run did', () => {
    expect(summaryLine([file([], 1)], [])).toBe('0 passed, 1 failed');
    expect(summaryLine([file(['passed'], 0, 1)], [])).toBe('1 passed, 1 failed');
    expect(summaryLine([file(['passed'])], [{ message: 'unhandled' }])).toBe('1 passed, 1 failed');
    expect(summaryLine([file(['passed', 'pending'])], [])).toBe('1 passed, 1 failed');
  });
});
