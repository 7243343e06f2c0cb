/** The documents: their size and links, and their tables against what the code has. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, it } from 'vitest';

import { createMetrics } from '../../server/api/metrics.js';
import { EXIT } from '../../server/app/options.js';
import { ALERT_KINDS } from '../../server/domain/index.js';
import { DEFAULT_HYPER_PARAMETERS } from '../../server/learning/index.js';
import { anchorsIn, commandsIn, linksIn, readDocument, readDocuments } from '../support/documents.js';

import { readFiles, ROOT } from './source-files.js';

const MAX_README_BYTES = 20_000;

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};
const documents = readDocuments();
const operate = readDocument('docs/operate.md');

/** The first cells of a table's rows below a heading, without the marks of code. */
function firstCells(text: string, heading: string): string[] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`) + 1);
  const end = section.indexOf('\n## ');
  return [...section.slice(0, end === -1 ? undefined : end).matchAll(/^\| (.*?) +\|/gm)]
    .map((match) => match[1]!)
    .filter((cell) => !/^-+$/.test(cell));
}

describe('the documents', () => {
  it('are all there', () => {
    expect(documents.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        ...[
          'README.md',
          'CONTRIBUTING.md',
          'SECURITY.md',
          'CHANGELOG.md',
          'docs/frontend.md',
          'docs/import.md',
        ],
        ...['docs/operate.md', 'docs/benchmarks.md', 'docs/decisions.md', 'docs/mathematics.md'],
      ]),
    );
  });

  it('begin with a README of at most 20,000 bytes that leads to all others', () => {
    const readme = readDocument('README.md');
    expect(Buffer.byteLength(readme.text)).toBeLessThanOrEqual(MAX_README_BYTES);
    const others = documents.map(({ path }) => path).filter((path) => path !== 'README.md');
    expect(others.filter((path) => !linksIn(readme).includes(path))).toEqual([]);
  });

  it('link to files and headings that exist', () => {
    const broken = documents.flatMap((document) =>
      linksIn(document)
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => {
          const [file, anchor] = link.split('#');
          const path = file === '' ? document.path : normalize(join(dirname(document.path), file!));
          if (!existsSync(join(ROOT, path))) return true;
          return anchor !== undefined && !anchorsIn(readDocument(path)).includes(anchor);
        })
        .map((link) => `${document.path}: ${link}`),
    );
    expect(documents.flatMap(linksIn).length).toBeGreaterThan(30);
    expect(broken).toEqual([]);
  });

  it('show only npm scripts that exist', () => {
    const shown = documents.flatMap(commandsIn);
    expect(shown.length).toBeGreaterThan(30);
    expect(shown.filter(({ name }) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  it('have the version of package.json on top of the changelog', () => {
    const [, newest] = /^## \[([\d.]+)\] - /m.exec(readDocument('CHANGELOG.md').text)!;
    expect(newest).toBe(manifest.version);
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as typeof manifest & {
      packages: Record<string, { version: string }>;
    };
    expect([lock.version, lock.packages['']!.version]).toEqual([manifest.version, manifest.version]);
  });
});

describe('docs/operate.md', () => {
  it('lists every command', () => {
    const listed = firstCells(operate.text, 'Commands').join('\n');
    const commands = Object.entries(manifest.scripts)
      .filter(
        ([name, script]) => !/^(pre|build)/.test(name) && /^((exec )?node dist\/|tsx test\/)/.test(script),
      )
      .map(([name]) => (name === 'start' ? 'npm start' : `npm run ${name}`));
    expect(commands).toContain('npm run import');
    expect(commands.filter((command) => !listed.includes(`\`${command}`))).toEqual([]);
  });

  it('lists every exit code', () => {
    const listed = firstCells(operate.text, 'Commands').filter((cell) => /^\d$/.test(cell));
    expect(listed.map(Number).sort()).toEqual(Object.values(EXIT).sort());
  });

  it('lists every metric of its own, and no other', async () => {
    const { registry } = createMetrics({
      nSockets: () => 0,
      nSubscriptions: () => 0,
      behaviour: () => null,
      modelVersion: () => null,
      training: () => Promise.reject(new Error('not read')),
    });
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    const own = names.filter((name) => name.startsWith('smartpersona_'));
    const listed = firstCells(operate.text, 'Metrics').slice(1);
    expect(listed.map((cell) => cell.replaceAll('`', '')).sort()).toEqual(own.sort());
    const others = [...operate.text.matchAll(/`(nodejs_\w+)/g)].map((match) => match[1]);
    expect(others.filter((name) => !names.includes(name!))).toEqual([]);
  });

  it('lists every kind of alert', () => {
    const listed = firstCells(operate.text, 'Alerts').slice(1);
    expect(listed).toEqual(ALERT_KINDS.map((kind) => `\`${kind.toUpperCase().replaceAll('-', '_')}\``));
  });
});

describe('docs/frontend.md', () => {
  it('lists every code that the API answers with', () => {
    const listed = firstCells(readDocument('docs/frontend.md').text, 'Errors').join('\n');
    // Of errors a caller never meets: the rest of `server/api` is about HTTP methods and the server's own port.
    const internal = ['PORT_UNAVAILABLE', 'JWT', 'HEAD', 'POST', 'GET', 'OPTIONS'];
    const codes = readFiles(['server/api'], ['.ts'])
      .flatMap(({ text }) => [...text.matchAll(/'([A-Z]{3,}(?:_[A-Z]+)*)'/g)])
      .map((match) => match[1]!)
      .filter((code) => !internal.includes(code) && !/^E[A-Z]+$/.test(code));
    expect(codes).toContain('OVERLOADED');
    expect([...new Set(codes)].filter((code) => !listed.includes(`\`${code}\``))).toEqual([]);
  });
});

describe('docs/mathematics.md', () => {
  it('names every hyper-parameter, and no other', () => {
    const listed = firstCells(readDocument('docs/mathematics.md').text, '8. Hyper-parameters').join();
    const names = [...listed.matchAll(/`(\w+)`/g)].map((match) => match[1]);
    expect(names.sort()).toEqual(Object.keys(DEFAULT_HYPER_PARAMETERS).sort());
  });
});
