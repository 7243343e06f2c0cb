/** The alert rules and the dashboard name metrics that a running server has. */

import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Dashboard {
  readonly panels: { readonly id: number; readonly targets: { readonly expr: string }[] }[];
}

const { groups } = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as {
  groups: { rules: Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync('deploy/grafana/smartpersona.json', 'utf8')) as Dashboard;
const dashboardQueries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const metricsIn = (expressions: readonly string[]) =>
  new Set(expressions.flatMap((expr) => expr.match(/\b(?:smartpersona|nodejs|process)_\w+/g) ?? []));

let server: TestServer;
let scraped: string;
beforeAll(async () => {
  server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 120 });
  await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
  });
  scraped = await (await fetch(`${server.url}/metrics`)).text();
});
afterAll(() => server?.stop());

describe('/metrics of a running server', () => {
  it.each([
    ['alert rules', rules.map(({ expr }) => expr)],
    ['dashboard', dashboardQueries],
  ])('has every metric that the %s name', (_name, expressions) => {
    const named = metricsIn(expressions);
    expect(named.size).toBeGreaterThan(8);
    const types = [...scraped.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    const exposed = types.flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    );
    expect([...named].filter((name) => !exposed.includes(name))).toEqual([]);
  });

  it('has the outcome of the first training', () => {
    const value = (sample: string) =>
      Number(
        scraped
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')
          .at(-1),
      );
    expect(value('smartpersona_training_state{state="succeeded"}')).toBe(1);
    expect(value('smartpersona_training_state{state="failed"}')).toBe(0);
    const age = Date.now() / 1_000 - value('smartpersona_training_last_success_timestamp_seconds');
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(600);
    expect(value('smartpersona_training_last_duration_seconds')).toBeGreaterThan(0);
    expect(value('smartpersona_models_held')).toBe(0);
  });
});

describe('the files for monitoring', () => {
  it('have unique names, a severity, a summary and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(['info', 'warning', 'critical']).toContain(labels.severity);
      expect(Object.keys(annotations)).toEqual(['summary', 'description']);
    }
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('have balanced brackets in every expression', () => {
    for (const expr of [...rules.map((rule) => rule.expr), ...dashboardQueries])
      for (const [open, close] of ['()', '[]', '{}'])
        expect(expr.split(open!).length, expr).toBe(expr.split(close!).length);
  });
});
