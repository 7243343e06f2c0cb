/** The files around the code: package.json, the licence, the settings' example, the container image and the compose file. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';

import { SETTING_NAMES } from '../../server/app/settings.js';

import { packageOf } from './import-rules.js';
import { parse, readFiles, ROOT } from './source-files.js';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  license: string;
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const TEXTS = [
  '.ts',
  '.vue',
  '.js',
  '.mjs',
  '.json',
  '.md',
  '.yml',
  '.graphql',
  '.html',
  '.css',
  'Dockerfile',
  'run',
];

describe('package.json', () => {
  it('asks for Node 20.19 or later and is under the MIT licence', () => {
    expect(manifest.engines.node).toBe('>=20.19');
    expect(manifest.license).toBe('MIT');
    expect(read('LICENSE')).toMatch(/^MIT License\n[\s\S]*SmartPersona contributors/);
  });

  it('pins every package to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('names a source for every program that a script starts', () => {
    const scripts = Object.values(manifest.scripts).join('\n');
    const compiled = [...scripts.matchAll(/node dist\/(\S+)\.js/g)].map((match) => `${match[1]}.ts`);
    const direct = [
      ...scripts.matchAll(/(?:tsx(?: watch)?|node|--config|-p) ((?!dist\/)\S+\.(?:m?ts|mjs|json))/g),
    ];
    const sources = [...compiled, ...direct.map((match) => match[1]!)];
    expect(sources).toContain('server/app/main.ts');
    expect(sources).toContain('test/vitest.config.ts');
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('has a script for every command, and builds before it runs one', () => {
    const commands = Object.keys(manifest.scripts).filter((name) =>
      /^(exec )?node dist\//.test(manifest.scripts[name]!),
    );
    expect(commands).toEqual(
      expect.arrayContaining(['start', 'import', 'retrain', 'recommend', 'evaluate', 'token']),
    );
    expect(commands.filter((name) => manifest.scripts[`pre${name}`] !== 'npm run --silent built')).toEqual(
      [],
    );
    const files = readFiles(['server/app/commands'], ['.ts']).map(({ path }) =>
      path.replace(/^.*\/(.*)\.ts$/, '$1'),
    );
    // A command is a file that a script starts; files that commands share are imported by one of them.
    const shared = readFiles(['server/app/commands'], ['.ts']).flatMap(({ text }) =>
      [...text.matchAll(/from '\.\/(.*)\.js'/g)].map((match) => match[1]),
    );
    expect(files.filter((name) => !commands.includes(name) && !shared.includes(name))).toEqual([]);
  });

  it('lists what the server imports among the production packages', () => {
    const imported = readFiles(['server', 'schema', 'jobs'], ['.ts'])
      .filter(({ path }) => !path.startsWith('server/learning/kernels/assembly/'))
      .flatMap((file) => parse(file).imports.map(({ specifier }) => specifier))
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'));
    const packages = [...new Set(imported.map(packageOf))];
    expect(packages).toContain('express');
    expect(packages.filter((name) => manifest.dependencies[name] === undefined)).toEqual([]);
  });
});

describe('the files', () => {
  const files = readFiles(['.'], TEXTS);
  // Put together here, or this file would find itself.
  const leftovers = new RegExp(`^(${'<'.repeat(7)} |${'>'.repeat(7)} |${'='.repeat(7)}$)`, 'm');
  const homes = new RegExp(`(^|[\\s'"\`(=:])/(${['work', 'root', 'home/\\w+'].join('|')})/`, 'm');

  it('have no merge leftovers', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(({ text }) => leftovers.test(text)).map(({ path }) => path)).toEqual([]);
    expect(leftovers.test(`a\n${'<'.repeat(7)} HEAD\nb`)).toBe(true);
  });

  it('have no paths of the machine they were written on', () => {
    expect(files.filter(({ text }) => homes.test(text)).map(({ path }) => path)).toEqual([]);
    expect(homes.test(`read('/${'work'}/data')`)).toBe(true);
  });

  it('have no secrets beside them: .env is ignored', () => {
    expect(read('.gitignore').split('\n')).toContain('.env');
    expect(read('.dockerignore').split('\n')).toContain('.env');
  });
});

/** `NAME` of every `NAME=value` line, also of those that are commented out. */
const variablesOf = (text: string) =>
  [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]!);
/** `NAME` of every `${NAME...}`. */
const interpolated = (text: string) => [
  ...new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1]!)),
];

describe('.env.example', () => {
  const load = () => ({
    example: variablesOf(read('.env.example')),
    settings: read('server/app/settings.ts'),
  });

  it('names only variables that the settings or the compose file read', () => {
    const { example, settings } = load();
    const composed = interpolated(read('docker-compose.yml'));
    const known = (name: string) => new RegExp(`\\b${name}\\b`).test(settings) || composed.includes(name);
    expect(example).toContain('MONGODB_URI');
    expect(example.filter((name) => !known(name))).toEqual([]);
  });

  it('names every variable that the settings and the compose file read', () => {
    const { example, settings } = load();
    const inSettings = settings.match(/\b(SMARTPERSONA_[A-Z_]+|MONGODB_[A-Z_]+|PORT|HOST)\b/g) ?? [];
    const wanted = new Set([...inSettings, ...interpolated(read('docker-compose.yml'))]);
    expect([...wanted].filter((name) => !example.includes(name))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml');
  const compose = parseYaml(text);
  const { mongo, server, proxy } = compose.services;

  it('runs MongoDB as a replica set of one node with authentication', () => {
    expect(mongo.image).toMatch(/^mongo:\d+\.\d+$/);
    expect(mongo.command).toEqual(expect.arrayContaining(['mongod', '--replSet', 'rs0', '--keyFile']));
    expect(mongo.environment.MONGO_INITDB_ROOT_USERNAME).toContain('${MONGO_ROOT_USER:?');
    expect(mongo.environment.MONGO_INITDB_ROOT_PASSWORD).toContain('${MONGO_ROOT_PASSWORD:?');
    expect(mongo.ports).toBeUndefined();
  });

  it('makes the key file as mongod wants it, before the entrypoint of the image takes over', () => {
    const key = mongo.command[mongo.command.indexOf('--keyFile') + 1];
    const [shell, flags, script] = mongo.entrypoint;
    expect([shell, flags]).toEqual(['bash', '-euc']);
    expect(mongo.tmpfs).toContain(key.replace(/\/[^/]+$/, ''));
    const steps = script.trim().split('\n');
    expect(steps.slice(0, 3).every((step: string) => step.endsWith(key))).toBe(true);
    expect(steps[1]).toMatch(/^chmod 400 /);
    expect(steps[2]).toMatch(/^chown mongodb:mongodb /);
    expect(steps[3]).toBe('exec docker-entrypoint.sh "$$@"');
    // Without a name for $0 the first word of the command would be lost.
    expect(mongo.entrypoint).toHaveLength(4);
    // 700 bytes are 936 characters of base64; mongod takes 6 to 1024.
    const made = execFileSync('bash', ['-euc', steps[0].replace(/>.*/, '')], { encoding: 'utf8' });
    expect(made.replaceAll('\n', '')).toMatch(/^[A-Za-z0-9+/=]{6,1024}$/);
  });

  it('starts the replica set in the health check, which passes only on the primary', () => {
    const script = mongo.healthcheck.test.at(-1);
    expect(mongo.healthcheck.test.slice(0, 2)).toEqual(['CMD', 'mongosh']);
    const run = (state: 'new' | 'up' | 'creating the user', hasUser = true) => {
      const calls: unknown[] = [];
      const users: object[] = [];
      const rs = {
        status: () => {
          if (state === 'new')
            throw Object.assign(new Error('no replset config'), { codeName: 'NotYetInitialized' });
          if (state === 'creating the user')
            throw Object.assign(new Error('no set'), { codeName: 'NoReplicationEnabled' });
        },
        initiate: (config: unknown) => calls.push(config),
      };
      const db = {
        getSiblingDB: (name: string) => ({
          auth: (user: string, password: string) => calls.push(`${user}:${password}`),
          getUser: () => (hasUser ? {} : null),
          createUser: (user: object) => users.push({ db: name, ...user }),
        }),
        hello: () => ({ isWritablePrimary: state !== 'new' }),
      };
      let code: number | undefined;
      const quit = (value: number) => (code ??= value);
      const env = {
        MONGO_INITDB_ROOT_USERNAME: 'u',
        MONGO_INITDB_ROOT_PASSWORD: 'p',
        MONGODB_PASSWORD: '@/:%',
      };
      new Function('rs', 'db', 'quit', 'process', script)(rs, db, quit, { env });
      return { calls, code, users };
    };
    const config = { _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] };
    expect(run('new')).toEqual({ calls: ['u:p', config], code: 1, users: [] });
    expect(run('up')).toEqual({ calls: ['u:p'], code: 0, users: [] });
    const user = { db: 'smartpersona', user: 'smartpersona', pwd: '@/:%', roles: ['readWrite'] };
    expect(run('up', false)).toEqual({ calls: ['u:p'], code: 0, users: [user] });
    expect(() => run('creating the user')).toThrow('no set');
  });

  it('starts the server when the database is healthy, with credentials for it', () => {
    expect(server.depends_on).toEqual({ mongo: { condition: 'service_healthy' } });
    // The account stands beside the URI: in it, special characters of the password would break it.
    expect(server.environment.MONGODB_URI).toBe('mongodb://mongo:27017/smartpersona?replicaSet=rs0');
    expect(server.environment.MONGODB_USER).toBe('smartpersona');
    for (const name of ['SMARTPERSONA_SECRET', 'SMARTPERSONA_PEPPER', 'MONGODB_PASSWORD']) {
      expect(server.environment[name]).toBe(`\${${name}:?set ${name} in .env}`);
    }
    expect(server.ports).toBeUndefined();
  });

  it('runs two servers behind a proxy that passes WebSocket upgrades on', () => {
    expect(server.deploy.replicas).toBe(2);
    const [mount] = proxy.volumes as string[];
    const [file, target, mode] = mount!.split(':');
    expect([target, mode]).toEqual(['/etc/nginx/nginx.conf', 'ro']);
    const config = read(file!);
    expect(config.split('{').length).toBe(config.split('}').length);
    const [, listens] = /listen (\d+);/.exec(config)!;
    expect(proxy.ports).toEqual([`\${PORT:-4000}:${listens}`]);
    expect(config).toContain(`server server:${server.environment.PORT} resolve`);
    expect(server.expose).toEqual([server.environment.PORT]);
    for (const line of [
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade $http_upgrade;',
      'proxy_set_header Connection $connection_upgrade;',
    ])
      expect(config).toContain(line);
    // One proxy writes the address of the caller.
    expect(server.environment.SMARTPERSONA_TRUSTED_PROXIES).toBe('${SMARTPERSONA_TRUSTED_PROXIES:-1}');
  });

  it('gives no container of the product rights, or a file system to write to', () => {
    for (const service of [server, proxy]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'] });
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
    }
  });

  it('hands the server every setting, and no password of root', () => {
    expect(Object.keys(server.environment).sort()).toEqual([...SETTING_NAMES].sort());
    const given = Object.entries<string>(server.environment).filter(([, value]) => value.endsWith(':-}'));
    expect(server.environment.NODE_ENV).toBe('${NODE_ENV:-production}');
    expect(given.length).toBeGreaterThan(10);
    expect(given.filter(([name, value]) => value !== `\${${name}:-}`)).toEqual([]);
    expect(JSON.stringify(server)).not.toContain('MONGO_ROOT');
  });

  it('hands the server only settings that it knows', () => {
    const settings = read('server/app/settings.ts');
    const unknown = Object.keys(server.environment).filter(
      (name) => !new RegExp(`\\b${name}\\b`).test(settings),
    );
    expect(unknown).toEqual([]);
  });

  it('keeps data in named volumes: those of MongoDB, and the data folder of the server', () => {
    expect(Object.keys(compose.volumes)).toEqual(['data', 'files']);
    expect(mongo.volumes).toEqual(['data:/data/db']);
    expect(server.volumes).toEqual([`files:${server.environment.SMARTPERSONA_DATA_DIR}`]);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const stages: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('FROM ')) stages.push([]);
    stages.at(-1)!.push(line);
  }
  const [build, final] = stages as [string[], string[]];
  const at = (stage: string[], start: string) => stage.findIndex((line) => line.startsWith(start));

  it('builds in one stage and runs in another, on one Node', () => {
    expect(stages).toHaveLength(2);
    expect(build[0]).toBe('FROM node:24-bookworm-slim AS build');
    expect(final[0]).toBe('FROM node:24-bookworm-slim');
    expect(
      final.filter((line) => line.startsWith('COPY')).every((line) => line.includes('--from=build')),
    ).toBe(true);
  });

  it('installs without scripts, then builds, then drops the development packages', () => {
    const order = [
      'COPY package.json',
      'RUN npm ci --ignore-scripts',
      'COPY . .',
      'RUN npm run build',
      'RUN npm prune',
    ];
    const found = order.map((start) => at(build, start));
    expect(found.every((index) => index > 0)).toBe(true);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(build[found[4]!]).toContain('--omit=dev --ignore-scripts');
  });

  it('runs as a numbered user without rights, and says how to ask for its health and how to stop it', () => {
    expect(final).toEqual(expect.arrayContaining(['USER 1000', 'EXPOSE 4000', 'STOPSIGNAL SIGTERM']));
    expect(final.at(-1)).toBe('CMD ["node", "dist/server/app/main.js"]');
    // Within a container the loopback address is reached by nobody.
    expect(final[at(final, 'ENV')]).toContain('HOST=0.0.0.0');
    const health = final[at(final, 'HEALTHCHECK')]!;
    expect(JSON.parse(health.slice(health.indexOf('CMD [') + 4))).toEqual([
      'node',
      '-e',
      expect.stringContaining('/health/ready'),
    ]);
  });
});

describe('deploy/kubernetes', () => {
  const files = parseYaml(read('deploy/kubernetes/kustomization.yaml')).resources as string[];
  const resources = files.map((file) => parseYaml(read(`deploy/kubernetes/${file}`)));
  const of = (kind: string) => resources.find((resource) => resource.kind === kind);
  const [deployment, service] = [of('Deployment'), of('Service')];
  const { template } = deployment.spec;
  const [container] = template.spec.containers;

  it('names every file of the folder', () => {
    const there = readdirSync(join(ROOT, 'deploy/kubernetes')).filter((name) => /^[a-z-]+\.yaml$/.test(name));
    expect([...files, 'kustomization.yaml'].sort()).toEqual(there.sort());
  });

  it('runs without rights on a read-only file system, and writes to volumes alone', () => {
    expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const mounts = container.volumeMounts.map(({ name }: { name: string }) => name);
    expect(template.spec.volumes.map(({ name }: { name: string }) => name).sort()).toEqual(mounts.sort());
    expect(container.volumeMounts.map((mount: { mountPath: string }) => mount.mountPath)).toEqual([
      '/app/.data',
      '/tmp',
    ]);
  });

  it('asks the probes of the server on its port', () => {
    const [{ name, containerPort }] = container.ports;
    expect(exposedPort()).toBe(containerPort);
    expect(service.spec.ports[0].targetPort).toBe(name);
    for (const [probe, path] of [
      ['startupProbe', '/health/live'],
      ['livenessProbe', '/health/live'],
      ['readinessProbe', '/health/ready'],
    ] as const)
      expect(container[probe].httpGet).toEqual({ path, port: name });
    expect(service.spec.selector).toEqual(template.metadata.labels);
    expect(deployment.spec.selector.matchLabels).toEqual(template.metadata.labels);
    expect(of('PodDisruptionBudget').spec.selector.matchLabels).toEqual(template.metadata.labels);
  });

  it('sets only settings that exist, the secret ones from a secret', () => {
    const named = container.env.map(({ name }: { name: string }) => name);
    const plain = Object.keys(of('ConfigMap').data);
    expect([...named, ...plain].filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
    for (const { name, valueFrom } of container.env)
      expect(valueFrom.secretKeyRef).toEqual({
        name: 'smartpersona',
        key: name,
        optional: name.startsWith('MONGODB_') && name !== 'MONGODB_URI' ? true : undefined,
      });
    expect(named).toEqual(
      expect.arrayContaining(['MONGODB_URI', 'SMARTPERSONA_SECRET', 'SMARTPERSONA_PEPPER']),
    );
  });

  function exposedPort(): number {
    return Number(/^EXPOSE (\d+)$/m.exec(read('Dockerfile'))![1]);
  }
});

describe('.github/workflows/ci.yml', () => {
  const workflow = parseYaml(read('.github/workflows/ci.yml'));

  it('runs the tests on Node 20, 22 and 24, and may only read the repository', () => {
    const { test } = workflow.jobs;
    expect(test.strategy.matrix.node).toEqual(['20', '22', '24']);
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const runs = test.steps.map(({ run }: { run?: string }) => run).filter(Boolean);
    expect(runs).toContain('.ci/run');
  });

  it('runs npm scripts that exist', () => {
    const text = read('.github/workflows/ci.yml');
    const scripts = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map((match) => match[1]!);
    expect(scripts).toContain('sbom');
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });
});

describe('.ci/run', () => {
  it('runs the test line of the README', () => {
    const script = read('.ci/run');
    expect(script).toContain('set -euo pipefail\n');
    expect(script.trimEnd().split('\n').at(-1)).toBe('npm ci && npm test');
    expect(read('README.md')).toContain('\nnpm ci && npm test\n');
    expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).not.toBe(0);
  });
});
