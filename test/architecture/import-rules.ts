/**
 * Who may import whom, as a function from files to violations. Dependencies point one way only: from the API and the
 * composition root, through the services, down to the pure numerical core and the plain domain types.
 */

import { builtinModules } from 'node:module';
import { posix } from 'node:path';

import { parse, type Import, type ParsedFile, type SourceFile } from './source-files.js';

/** What one folder may import besides its own files. `'*'`: everything that is not reserved for another place. */
interface Rule {
  folders: readonly string[];
  packages: readonly string[] | '*';
  node: readonly string[] | '*';
}

/** What every wing of the services stands on. */
const CORE = ['server/domain', 'server/learning', 'server/features', 'server/store', 'server/services'];

const wing = (more: readonly string[], node: readonly string[] = []): Rule => ({
  folders: [...CORE, ...more],
  packages: ['lru-cache'],
  node,
});

const [USERS, MODELS, TRAINING] = ['users', 'models', 'training'].map((name) => `server/services/${name}`);

const RULES: Readonly<Record<string, Rule>> = {
  'server/domain': { folders: [], packages: [], node: [] },
  'server/learning': { folders: [], packages: ['ml-matrix'], node: [] },
  'server/features': { folders: ['server/domain', 'server/learning'], packages: [], node: [] },
  'server/privacy': { folders: ['server/domain'], packages: [], node: ['crypto'] },
  'server/egress': { folders: [], packages: [], node: ['dns', 'http', 'https', 'net'] },
  'server/events': { folders: ['server/domain'], packages: [], node: [] },
  'server/store': { folders: ['server/domain'], packages: [], node: ['crypto'] },
  'server/ingest': {
    // Of learning, the seeded randomness of the synthesiser.
    folders: ['server/domain', 'server/privacy', 'server/learning'],
    packages: ['@faker-js/faker'],
    node: [
      'buffer',
      'crypto',
      'events',
      'fs',
      'fs/promises',
      'path',
      'readline',
      'stream',
      'stream/promises',
      'util',
      'zlib',
    ],
  },
  'server/training': {
    folders: ['server/domain', 'server/learning', 'server/features'],
    packages: [],
    node: [],
  },
  'server/workers': {
    folders: ['server/learning', 'server/training'],
    packages: [],
    node: ['events', 'fs', 'os', 'path', 'url', 'worker_threads'],
  },
  // The contract alone; the wings below implement it.
  'server/services': { folders: ['server/domain', 'server/store'], packages: [], node: [] },
  'server/services/access': wing([USERS, 'server/privacy'], ['crypto', 'timers/promises']),
  'server/services/webhooks': wing([], ['crypto']),
  'server/services/models': wing(['server/training']),
  'server/services/users': wing([MODELS]),
  'server/services/serving': wing([USERS, MODELS, 'server/ingest'], ['crypto', 'util', 'zlib']),
  'server/services/training': wing(
    ['server/privacy', USERS, MODELS, 'server/training', 'server/workers', 'server/ingest'],
    ['crypto'],
  ),
  'server/services/analytics': wing([USERS, MODELS, 'server/privacy']),
  'server/services/data': wing([USERS, TRAINING, 'server/ingest'], ['crypto', 'fs', 'stream/promises']),
  schema: {
    folders: ['server/domain'],
    packages: ['type-graphql', 'graphql', 'graphql-scalars', 'reflect-metadata'],
    node: [],
  },
  'server/loaders': { folders: ['server/domain', 'server/services'], packages: ['dataloader'], node: [] },
  'server/resolvers': {
    folders: ['schema', 'server/services', USERS, 'server/loaders', 'server/domain'],
    packages: ['type-graphql', 'graphql', 'graphql-query-complexity'],
    node: ['crypto'],
  },
  'server/api': {
    folders: [
      'server/resolvers',
      'server/loaders',
      'server/services',
      'server/services/data',
      'server/ingest',
      'server/domain',
    ],
    packages: '*',
    node: '*',
  },
  // The synthesiser's people and truth are what is simulated; everything else goes over HTTP.
  'server/simulation': {
    folders: ['server/domain', 'server/ingest', 'server/learning'],
    packages: ['graphql-ws', 'ws'],
    node: ['fs/promises', 'timers/promises'],
  },
  jobs: { folders: ['server/services', 'server/domain'], packages: [], node: [] },
  'server/database': {
    // Of privacy, the password of the account; of the store, single commands to a server that is not the store's.
    folders: ['server/domain', 'server/privacy', 'server/store'],
    packages: ['zod'],
    node: ['child_process', 'crypto', 'fs', 'module', 'net', 'os', 'path', 'timers/promises'],
  },
  'server/spark': {
    // Of learning, the binary of the kernels; of the database, Python environments.
    folders: ['server/domain', 'server/learning', 'server/workers', 'server/database'],
    packages: [],
    node: ['child_process', 'crypto', 'fs', 'path', 'stream', 'url'],
  },
  'server/app': {
    folders: [
      ...CORE,
      'server/privacy',
      'server/events',
      'server/egress',
      'server/ingest',
      'server/training',
      'server/workers',
      ...['access', 'webhooks', 'users', 'models', 'serving', 'training', 'analytics', 'data'].map(
        (name) => `server/services/${name}`,
      ),
      'server/resolvers',
      'server/api',
      'server/simulation',
      'server/database',
      'server/spark',
      'jobs',
    ],
    packages: '*',
    node: '*',
  },
  'client/generated': { folders: [], packages: '*', node: [] },
  // A package of its own, to be taken out of here together with what runs on devices.
  'client/sdk': {
    folders: ['client/generated', 'server/learning'],
    packages: ['graphql', 'graphql-ws', '@graphql-typed-document-node/core'],
    node: [],
  },
  client: { folders: ['client/sdk', 'client/generated'], packages: '*', node: [] },
};

/** Packages that belong to one place, whatever a folder's rule says. */
const RESERVED: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['server/store/mongo/'],
  mongodb: ['server/store/mongo/', 'server/database/'],
  'mongodb-memory-server-core': ['server/store/mongo/', 'server/database/'],
  'node-cron': ['jobs/scheduler/'],
  '@faker-js/faker': ['server/ingest/'],
};

/** Faces of a folder besides its index.ts, for those who need a part and not the weight of the rest. */
const EXTRA_FACES = [
  'server/store/mongo/index.ts',
  'server/store/memory/index.ts',
  'client/generated/graphql.ts',
  'client/generated/user/graphql.ts',
  'client/sdk/backoff.ts',
  'client/sdk/hashes.ts',
  'client/sdk/on-device.ts',
];

/** The only face of a folder for these importers: what runs on a user's device, without training. */
const ONLY_FACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'client/sdk': { 'server/learning': 'server/learning/on-device.ts' },
};

/** Globals that have no place in the numerical core. */
const IMPURE = /^((new )?Date|process|console|performance|crypto|fetch|set\w+|queueMicrotask|Math\.random)\b/;
/** Asking for the present instant or for a random number. To name `Date.now` as a default clock is no such question. */
const AMBIENT = /^(new Date|Date|Date\.now|Math\.random|performance\.now)\(\)$/;
const PURE = ['server/learning'];
/** The API times requests; the embedded database waits for a process. */
const OWN_CLOCK = ['server/app', 'server/api', 'server/database', 'client'];

const TOOL_CONFIG = /^client\/(\w+\.config|codegen)\.ts$/;
const BUILT_IN = new Set(builtinModules);

/** Every breach as one line, `path:line what is wrong`, in the order of the files; cycles last. */
export function violations(files: readonly SourceFile[]): string[] {
  const parsed = files.map(parse);
  const known = new Set(files.map((file) => file.path));
  const fileEdges = new Map<string, string[]>();
  const folderEdges = new Map<string, string[]>();
  const found: string[] = [];
  for (const file of parsed) {
    const folder = folderOf(file.path);
    const say = (line: number, what: string) => found.push(`${file.path}:${line} ${what}`);
    // What configures the client's tools runs on Node, and is no part of the client.
    if (TOOL_CONFIG.test(file.path)) continue;
    if (RULES[folder] === undefined) {
      say(1, `is in ${folder}, a folder without an import rule`);
      continue;
    }
    for (const one of file.imports) {
      const target = targetOf(file.path, one.specifier, known);
      if (target === undefined) checkPackage(file, folder, one, say);
      else {
        push(fileEdges, file.path, target);
        push(folderEdges, folder, folderOf(target));
        checkFolder(folder, target, one, say);
      }
    }
    checkGlobals(file, folder, say);
  }
  found.push(...cycles(folderEdges).map((cycle) => `folders import each other: ${cycle.join(' -> ')}`));
  found.push(...cycles(fileEdges).map((cycle) => `files import each other: ${cycle.join(' -> ')}`));
  return found;
}

/**
 * `server/services/<wing>`, `server/<name>` elsewhere inside the server, the kit and the generated code of the client;
 * else the first part of the path.
 */
export function folderOf(path: string): string {
  const parts = path.split('/');
  if (/^client\/(sdk|generated)\//.test(path)) return parts.slice(0, 2).join('/');
  if (parts[0] !== 'server') return parts[0]!;
  return parts.slice(0, parts[1] === 'services' && parts.length > 3 ? 3 : 2).join('/');
}

/** The package that a bare specifier names: `csv-parse/sync` is of `csv-parse`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

type Say = (line: number, what: string) => void;

function checkPackage(file: ParsedFile, folder: string, one: Import, say: Say): void {
  const rule = RULES[folder]!;
  const builtIn = one.specifier.replace(/^node:/, '');
  if (one.specifier.startsWith('node:') || BUILT_IN.has(builtIn)) {
    if (!allows(rule.node, builtIn)) say(one.line, `may not import ${one.specifier}`);
    return;
  }
  const name = packageOf(one.specifier);
  const places = RESERVED[name];
  if (places?.some((place) => file.path.startsWith(place))) return;
  if (places !== undefined) say(one.line, `imports ${name}, which belongs to ${places.join(' and ')}`);
  else if (!allows(rule.packages, name)) say(one.line, `may not import the package ${name}`);
}

function checkFolder(folder: string, target: string, one: Import, say: Say): void {
  const other = folderOf(target);
  if (other === folder) return;
  if (!RULES[folder]!.folders.includes(other)) say(one.line, `may not import ${other}`);
  else if (!isFaceFor(folder, other, target)) {
    say(one.line, `reaches past the index of ${other} to ${target}`);
  }
}

function isFaceFor(folder: string, other: string, target: string): boolean {
  const only = ONLY_FACES[folder]?.[other];
  return only === undefined
    ? target === `${other}/index.ts` || EXTRA_FACES.includes(target)
    : target === only;
}

function checkGlobals(file: ParsedFile, folder: string, say: Say): void {
  for (const use of file.globals) {
    if (use.name === 'process.env' && folder !== 'server/app') say(use.line, 'reads process.env');
    else if (PURE.includes(folder)) {
      if (IMPURE.test(use.name)) say(use.line, `uses ${use.name}`);
    } else if (!OWN_CLOCK.includes(folder) && AMBIENT.test(use.name)) {
      say(use.line, `uses ${use.name}; the clock and chance are passed in`);
    }
  }
}

function allows(list: readonly string[] | '*', name: string): boolean {
  return list === '*' || list.includes(name);
}

/** The file that a relative specifier means, or undefined for a package. */
function targetOf(from: string, specifier: string, known: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ''));
  const source = path.replace(/\.js$/, '.ts');
  return [source, path, `${path}.ts`, `${path}/index.ts`].find((one) => known.has(one)) ?? source;
}

function push(edges: Map<string, string[]>, from: string, to: string): void {
  if (from === to) return;
  const list = edges.get(from);
  if (list) list.push(to);
  else edges.set(from, [to]);
}

/** One loop per knot of the graph, by depth-first search; each starts and ends with the same name. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    if (done.has(node)) return;
    const start = path.indexOf(node);
    if (start >= 0) {
      found.push([...path.slice(start), node]);
      return;
    }
    path.push(node);
    edges.get(node)?.forEach(visit);
    path.pop();
    done.add(node);
  };
  [...edges.keys()].forEach(visit);
  return found;
}
