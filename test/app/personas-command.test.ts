import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  return { status, stdout, stderr, rows: () => readFileSync(out, 'utf8').trim().split('\n').slice(1) };
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
    expect(stdout).toContain('1 empty cells took the median');
    expect(rows()).toHaveLength(61);
  });

  it('names row and column of a cell that is no number, and a column that is not there', () => {
    const broken = run(`${TABLE}\nmany,1,May,true`);
    expect(broken.status).not.toBe(0);
    expect(broken.stderr + broken.stdout).toMatch(/row 62: "many" in column visits/);
    const unknown = run(TABLE, '--columns', 'visits,sales');
    expect(unknown.status).not.toBe(0);
    expect(unknown.stderr + unknown.stdout).toMatch(/no column sales/);
  });

  it('says in one sentence that rows too few or all alike make one persona', () => {
    for (const [table, nRows] of [
      ['a,b\n1,2\n1,2\n1,2', 3],
      ['a,b\n3,4', 1],
      ['a,b\n1,2\n3,4', 2],
    ] as const) {
      const { status, stdout, rows } = run(table);
      expect(status).toBe(0);
      expect(stdout).toContain('One persona: the rows are too few or too much alike');
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
}, 120_000);
