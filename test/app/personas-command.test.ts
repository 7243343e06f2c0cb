import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smartpersona-personas-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(table: string, ...more: string[]) {
  const [features, out] = [join(folder, 'table.csv'), join(folder, 'out.csv')];
  writeFileSync(features, table);
  const command = ['--import', 'tsx', 'server/app/commands/personas.ts'];
  const args = [...command, '--features', features, '--out', out, ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const records = () => parse(readFileSync(out, 'utf8')) as string[][];
  return {
    status,
    stdout,
    stderr,
    records,
    rows: () => readFileSync(out, 'utf8').trim().split('\n').slice(1),
  };
}

const row = (n: number) =>
  `${n % 2 ? 10 + n / 100 : n / 100},${n % 2 ? 5 : 1},${n % 2 ? 'May' : 'June'},true`;
const TABLE = [
  'visits,buys,month,weekend',
  ...Array.from({ length: 60 }, (_, n) => row(n)),
  ',1,May,true',
].join('\n');

describe('npm run personas', () => {
  it('takes the numeric columns, fills an empty cell, and says both; every row gets a persona', () => {
    const { status, stdout, rows } = run(TABLE);
    expect(status).toBe(0);
    expect(stdout).toContain('left out: month, weekend');
    expect(stdout).toContain('Columns used: visits, buys');
    expect(stdout).toContain('1 empty cells took the median');
    expect(stdout).toMatch(/Stability [01]\.\d\d.*\nBest silhouette [01]\.\d\d; with every column shuffled/);
    expect(stdout).not.toContain('No clear structure');
    expect(rows()).toHaveLength(61);
  });

  it('names line and column of a cell that is no number, and a column that is not there', () => {
    const broken = run(`${TABLE}\nmany,1,May,true`);
    expect(broken.status).not.toBe(0);
    expect(broken.stderr + broken.stdout).toMatch(/line 63: "many" in column visits/);
    const unknown = run(TABLE, '--columns', 'visits,sales');
    expect(unknown.status).not.toBe(0);
    expect(unknown.stderr + unknown.stdout).toMatch(/no column sales/);
  });

  it('keeps the identifiers of the input and escapes names, so that the output can be read back', () => {
    const rows = TABLE.split('\n').map((line, n) => (n === 0 ? `"cust, id",${line}` : `${n},${line}`));
    const { status, stdout, records } = run(rows.join('\n').replace('visits,buys', '"say ""hi""",buys'));
    expect(status).toBe(0);
    expect(stdout).toContain('look like identifiers, left out: cust, id');
    const [header, first, ...others] = records();
    expect(header.slice(0, 4)).toEqual(['row', 'cust, id', 'persona', 'label']);
    expect(first.slice(0, 2)).toEqual(['1', '1']);
    expect(others).toHaveLength(60);
    expect(records().some((record) => record[3].includes('say "hi"'))).toBe(true);
    const numbers = others.flatMap((record) => record.slice(4).map(Number));
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(numbers.some((number) => number < 0)).toBe(true);
  });

  it('says that noise has no clear structure, and that a first line of values is a row', () => {
    const noise = Array.from({ length: 120 }, (_, n) => {
      const part = (by: number) => ((n * by) % 1).toFixed(3);
      return `${part(0.618034)};${part(0.754878)};${part(0.56984)}`.replaceAll('.', ',');
    });
    const { status, stdout, rows } = run(noise.join('\n'));
    expect(status).toBe(0);
    expect(stdout).toContain('CSV with semicolons');
    expect(stdout).toContain('There is no header line');
    expect(stdout).toContain('No clear structure');
    expect(rows()).toHaveLength(120);
  });

  it('says in one sentence that rows too few or all alike make one persona', () => {
    for (const [table, nRows] of [
      ['a,b\n1,2\n1,2\n1,2', 3],
      ['a,b\n3,4', 1],
      ['a,b\n1,2\n3,4', 2],
    ] as const) {
      const { status, stdout, rows } = run(table);
      expect(status).toBe(0);
      expect(stdout).toContain('One persona: the rows are too few or too similar');
      expect(stdout).not.toContain('NaN');
      expect(rows()).toHaveLength(nRows);
      for (const line of rows())
        expect(
          line
            .split(',')
            .slice(3)
            .every((cell) => Number.isFinite(Number(cell))),
        ).toBe(true);
    }
  });

  it('says which folder is missing when the output cannot be written', () => {
    const out = join(folder, 'nowhere', 'out.csv');
    const features = join(folder, 'table.csv');
    writeFileSync(features, TABLE);
    const args = ['--import', 'tsx', 'server/app/commands/personas.ts', '--features', features, '--out', out];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr.trim()).toContain(`There is no folder ${join(folder, 'nowhere')}.`);
    expect(stderr).not.toContain('    at ');
  });
}, 120_000);
