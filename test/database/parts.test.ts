/** The parts of opening a database that need none: order, wording, connection strings, locks, processes. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { buildSecantusRust } from '../../server/database/build-secantus-rust.js';
import { describeUri, redact, withDatabaseName } from '../../server/database/connection-string.js';
import { BuildFailedError, CargoMissingError, NoDatabaseError } from '../../server/database/errors.js';
import { findProgram } from '../../server/database/find-program.js';
import { kindsToTry } from '../../server/database/kinds/index.js';
import { findSecantusRust, rustHome } from '../../server/database/kinds/secantus-rust.js';
import { tryLock, waitForLock } from '../../server/database/lock-file.js';
import { endProcess, identify, isAlive } from '../../server/database/process.js';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smartpersona-choice-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A process that does nothing; `script` may change that. It says when it is up. */
async function idle(script = ''): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${script};setInterval(() => {}, 1000);console.log('up')`]);
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

describe('the kinds of embedded databases', () => {
  const names = () => kindsToTry(folder).map(({ kind }) => kind);
  const write = (name: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'data'), '');
  };

  it('are tried in a fixed order on an empty data folder', () => {
    expect(names()).toEqual(['mongod', 'memory-server', 'secantusd-rs', 'secantusdb']);
    mkdirSync(join(folder, 'secantusdb'));
    expect(names()).toHaveLength(4);
  });

  it('stay with those that read the files which are there', () => {
    write('secantusdb');
    expect(names()).toEqual(['secantusd-rs', 'secantusdb']);
    write('mongod');
    expect(names()).toEqual(['mongod', 'memory-server']);
  });

  it('are all listed, with what each needs and why it failed, when none works', () => {
    const { message } = new NoDatabaseError([
      { kind: 'mongod', needs: 'install MongoDB', reason: 'none is on PATH' },
      { kind: 'secantusdb', needs: 'install Python', reason: 'no Python' },
    ]);
    for (const part of [
      'MONGODB_URI',
      'mongod: install MongoDB (none is on PATH)',
      'secantusdb',
      'no Python',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('find a program only where it can be run', () => {
    expect(findProgram('mongod', folder)).toBeNull();
    writeFileSync(join(folder, 'mongod'), '', { mode: 0o644 });
    expect(findProgram('mongod', folder)).toBeNull();
    chmodSync(join(folder, 'mongod'), 0o755);
    expect(findProgram('mongod', ['/nowhere', '', folder].join(delimiter))).toBe(join(folder, 'mongod'));
  });
});

describe('the fast database', () => {
  const places = () => ({
    dataDir: join(folder, 'data'),
    cacheDir: join(folder, 'cache'),
    programPath: join(folder, 'bin'),
  });
  /** Puts a program of the name there; it runs the script. */
  const put = (bin: string, name: string, script = '') => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return join(bin, name);
  };
  /** A cargo that prints what the real one prints, and puts a program where --root says. */
  const CARGO = `
    while [ $# -gt 0 ]; do [ "$1" = --root ] && root=$2; shift; done
    printf '    Building [==>      ] 30/120: serde\\r    Building [=====>   ] 60/120: bson, s2\\r' >&2
    mkdir -p "$root/bin" && printf '#!/bin/sh\\n' > "$root/bin/secantusd-rs" && chmod +x "$root/bin/secantusd-rs"`;

  it('is the one that was built here, then the one beside the data, then the one on PATH', () => {
    expect(findSecantusRust(places())).toBeNull();
    const onPath = put(join(folder, 'bin'), 'secantusd-rs');
    expect(findSecantusRust(places())).toBe(onPath);
    const besideData = put(rustHome(join(folder, 'data', 'programs')), 'secantusd-rs');
    expect(findSecantusRust(places())).toBe(besideData);
    const inCache = put(rustHome(join(folder, 'cache')), 'secantusd-rs');
    expect(findSecantusRust(places())).toBe(inCache);
  });

  it('is built once, with progress, and leaves nothing else in the cache', async () => {
    put(join(folder, 'bin'), 'cargo', CARGO);
    const shown: [number, string][] = [];
    const first = await buildSecantusRust(places(), (...progress) => shown.push(progress));
    expect(first.isBuilt).toBe(true);
    expect(first.program).toBe(findSecantusRust(places()));
    expect(shown.at(-1)).toEqual([0.5, '60/120 bson, s2']);
    expect(readdirSync(places().cacheDir)).toEqual(['secantus-mdb-0.5.3-beta.193']);
    const second = await buildSecantusRust(places(), () => expect.unreachable());
    expect(second).toEqual({ program: first.program, isBuilt: false });
  });

  it('needs cargo, and the message says where to get it', async () => {
    const error = await buildSecantusRust(places(), () => undefined).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CargoMissingError);
    expect((error as Error).message).toContain('https://rustup.rs');
  });

  it('is not there after a failed build, whose last words are in the message', async () => {
    put(join(folder, 'bin'), 'cargo', 'echo "error: linker cc not found" >&2; exit 101');
    const error = await buildSecantusRust(places(), () => undefined).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BuildFailedError);
    expect((error as Error).message).toContain('cargo ended with 101:\nerror: linker cc not found');
    expect(findSecantusRust(places())).toBeNull();
  });

  it('is not built twice at the same time', async () => {
    put(join(folder, 'bin'), 'cargo', 'exit 1');
    mkdirSync(places().cacheDir);
    const held = tryLock(join(places().cacheDir, 'secantus-mdb.lock'));
    expect(held).toHaveProperty('lock');
    await expect(buildSecantusRust(places(), () => undefined)).rejects.toThrow(`process ${process.pid}`);
  });
});

describe('a connection string', () => {
  it.each([
    ['mongodb://h', 'mongodb://h/smartpersona'],
    ['mongodb://h:1,i:2/?replicaSet=r', 'mongodb://h:1,i:2/smartpersona?replicaSet=r'],
    ['mongodb://u:p@h', 'mongodb://u:p@h/smartpersona?authSource=admin'],
    ['mongodb+srv://u:p@h/?w=1&authSource=x', 'mongodb+srv://u:p@h/smartpersona?w=1&authSource=x'],
    ['mongodb://u:p@h/mine?w=1', 'mongodb://u:p@h/mine?w=1'],
  ])('%s is used as %s', (given, used) => {
    expect(withDatabaseName(given)).toBe(used);
  });

  it('is shown without account and options', () => {
    const uri = 'mongodb://root:p%40ss@h:1,i:2/mine?tlsCertificateKeyFilePassword=hidden';
    expect(describeUri(uri)).toBe('mongodb://h:1,i:2/mine');
    expect(describeUri('nonsense with p%40ss')).not.toContain('p%40ss');
  });

  it('has its secrets struck out of any text, as written and as meant', () => {
    const uri = 'mongodb://root:p%40ssword@h/mine?tlsCertificateKeyFilePassword=hidden&w=1';
    const text = `cannot use ${uri}: user root with p@ssword and hidden on h`;
    const redacted = redact(text, uri);
    for (const secret of ['p%40ssword', 'p@ssword', 'hidden', 'root']) expect(redacted).not.toContain(secret);
    expect(redacted).toContain('on h');
  });
});

describe('a process', () => {
  it('is known by its number and its start, and is gone when it has ended', async () => {
    const child = await idle();
    const identity = identify(child.pid!)!;
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, startedAt: 'another time' })).toBe(false);
    await endProcess(identity, 10_000);
    expect(isAlive(identity)).toBe(false);
    expect(identify(child.pid!)).toBeNull();
  });

  it('that ignores SIGTERM is killed', async () => {
    const child = await idle("process.on('SIGTERM', () => {})");
    const ended = once(child, 'exit');
    await endProcess(identify(child.pid!)!, 300);
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('that got the number of another is left alone', async () => {
    const child = await idle();
    await endProcess({ pid: child.pid!, startedAt: 'long ago' }, 300);
    expect(isAlive(identify(child.pid!)!)).toBe(true);
  });
});

describe('a lock', () => {
  it('is held by one at a time, who is named, until it is released', () => {
    const path = join(folder, 'lock');
    const first = tryLock(path);
    if (!('lock' in first)) throw new Error('nobody else can have it');
    expect(tryLock(path)).toEqual({ holder: identify(process.pid) });
    first.lock.release();
    expect(existsSync(path)).toBe(false);
    expect(tryLock(path)).toHaveProperty('lock');
  });

  it('is taken over from a process that was killed', async () => {
    const path = join(folder, 'lock');
    const child = await idle();
    writeFileSync(path, JSON.stringify(identify(child.pid!)));
    expect(tryLock(path)).toMatchObject({ holder: { pid: child.pid } });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(tryLock(path)).toHaveProperty('lock');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(identify(process.pid));
  });

  it('is taken over from a process whose number somebody else has now', async () => {
    const path = join(folder, 'lock');
    const child = await idle();
    writeFileSync(path, JSON.stringify({ ...identify(child.pid!), startedAt: 'before the restart' }));
    expect(tryLock(path)).toHaveProperty('lock');
  });

  it('is taken over when its file says nothing', () => {
    const path = join(folder, 'lock');
    writeFileSync(path, '');
    expect(tryLock(path)).toHaveProperty('lock');
  });

  it('is waited for, and given up on after the deadline', async () => {
    const path = join(folder, 'lock');
    const first = tryLock(path);
    await expect(waitForLock(path, 0)).rejects.toThrow(String(process.pid));
    const waiting = waitForLock(path, 10_000);
    if ('lock' in first) first.lock.release();
    (await waiting).release();
    expect(existsSync(path)).toBe(false);
  });
});
