/**
 * Writes the bill of materials of the production packages: `sbom/smartpersona.cdx.json` (CycloneDX, by `npm sbom`) and
 * `sbom/licences.csv`. Fails if a package has no licence, or a licence that is not on the list of permissive ones.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PERMISSIVE = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
];

const out = join(ROOT, 'sbom');
mkdirSync(out, { recursive: true });
const json = execFileSync(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'],
  {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  },
);
writeFileSync(join(out, 'smartpersona.cdx.json'), json);

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const rows = Object.entries(packages)
  .filter(([path, { dev, link }]) => path !== '' && !dev && !link)
  .map(([path, { version, license }]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
    licence: license ?? '',
  }))
  .sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
const unique = [...new Map(rows.map((row) => [`${row.name}@${row.version}`, row])).values()];
writeFileSync(
  join(out, 'licences.csv'),
  `package,version,licence\n${unique.map(({ name, version, licence }) => `${name},${version},"${licence}"\n`).join('')}`,
);

const isPermissive = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => PERMISSIVE.includes(one.trim())));
const others = unique.filter(({ licence }) => !isPermissive(licence));
process.stdout.write(`${unique.length} packages -> sbom/smartpersona.cdx.json, sbom/licences.csv\n`);
for (const { name, version, licence } of others)
  process.stderr.write(`${name} ${version}: ${licence === '' ? 'no licence' : licence}\n`);
process.exit(others.length === 0 ? 0 : 1);
