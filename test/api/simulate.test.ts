/** `npm run simulate`, small: a week of sixty users on servers of its own, through the public API. */

import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runCommand } from '../support/server.js';

interface Report {
  weeks: number;
  users: number;
  arms: {
    policy: string;
    ctr: number;
    precisionAt5: number;
    weeks: {
      week: number;
      visitors: number;
      lists: number;
      impressions: number;
      clicks: number;
      likes: number;
      precisionAt5: number;
      tasteDrift: number;
      byPersona: Record<string, { impressions: number; clicks: number }>;
    }[];
  }[];
  comparisons: { against: string; ctr: { value: number; low: number; high: number } }[];
}

describe('npm run simulate', () => {
  let folder: string;
  let output: string;
  let report: Report;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smartpersona-'));
    const json = join(folder, 'report.json');
    // Its servers put their data under the temporary folder of this environment.
    const env = { ...process.env, TMPDIR: folder, MONGODB_URI: 'mongodb://127.0.0.1:1/not-this-one' };
    output = await runCommand(env, 'simulate', ['--weeks', '1', '--users', '60', '--json', json]);
    report = JSON.parse(await readFile(json, 'utf8')) as Report;
  }, 240_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('lives the same weeks with and without retraining and fold-in', () => {
    expect(report).toMatchObject({ weeks: 1, users: 60 });
    expect(report.arms.map(({ policy }) => policy)).toEqual(['adaptive', 'no-retraining', 'no-fold-in']);
    const [adaptive, ...others] = report.arms.map(({ weeks }) => weeks);
    expect(adaptive).toHaveLength(1);
    for (const weeks of others) {
      expect(weeks.map(({ visitors, lists, tasteDrift }) => [visitors, lists, tasteDrift])).toEqual(
        adaptive.map(({ visitors, lists, tasteDrift }) => [visitors, lists, tasteDrift]),
      );
    }
    // Before the first retrain the two arms that fold in are one and the same.
    expect(others[0][0].impressions).toBe(adaptive[0].impressions);
  });

  it('shows lists that are looked at and clicked, by persona', () => {
    for (const { ctr, precisionAt5, weeks } of report.arms) {
      const [week] = weeks;
      expect(week.lists).toBeGreaterThanOrEqual(week.visitors);
      expect(week.impressions).toBeGreaterThan(week.lists);
      // A thumb is too rare for sixty users to count on one within a week.
      expect(week.clicks).toBeGreaterThan(0);
      expect(week.likes).toBeGreaterThanOrEqual(0);
      expect(ctr).toBeGreaterThan(0);
      expect(ctr).toBeLessThan(1);
      // Items drawn by chance fit in less than a tenth of the cases.
      expect(precisionAt5).toBeGreaterThan(0.3);
      const personas = Object.values(week.byPersona);
      expect(personas.reduce((sum, { impressions }) => sum + impressions, 0)).toBe(week.impressions);
    }
  });

  it('says what each is worth, with an interval', () => {
    expect(report.comparisons.map(({ against }) => against)).toEqual(['no-retraining', 'no-fold-in']);
    for (const { ctr } of report.comparisons) {
      expect(ctr.low).toBeLessThanOrEqual(ctr.value);
      expect(ctr.high).toBeGreaterThanOrEqual(ctr.value);
    }
    expect(output).toMatch(/\| adaptive \|/);
    expect(output.match(/By CTR the adaptive arm/g)).toHaveLength(2);
  });

  it('leaves nothing behind', async () => {
    expect(await readdir(folder)).toEqual(['report.json']);
  });
});

describe('npm run simulate with arguments it cannot use', () => {
  it.each([
    [['--weeks', '0'], /--weeks must be a whole number from 1 to 52/],
    [['--users', 'many'], /--users must be a whole number/],
    [['--url', 'http://127.0.0.1:1', '--token', 'x'], /http:\/\/127\.0\.0\.1:1 does not answer/],
    [['--speed', '9'], /Unknown option --speed; see npm run simulate -- --help\./],
  ])('says so: %s', async (args, message) => {
    const keys = {
      SMARTPERSONA_SECRET: '5f0c93b1a8d74e26c1b9035fe7d2a846',
      SMARTPERSONA_PEPPER: 'd83e16a5f290b74c6e5a1d08b3f7c92e',
    };
    await expect(runCommand({ ...process.env, ...keys }, 'simulate', args)).rejects.toThrow(message);
  });
});
