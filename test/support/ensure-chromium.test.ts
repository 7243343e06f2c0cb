import { describe, expect, it } from 'vitest';

import { chromiumPath, type Machine } from './ensure-chromium.js';

/** A machine with these programs; `apt` says what the package would bring, or fails. */
function machine(options: {
  programs?: string[];
  env?: Machine['env'];
  isRoot?: boolean;
  apt?: string | Error;
}) {
  const programs = new Set(options.programs);
  const runs: string[] = [];
  const made: Machine = {
    env: options.env ?? {},
    isExecutable: (path) => programs.has(path),
    isRoot: options.isRoot ?? false,
    run: (program, args) => {
      if (options.apt instanceof Error) throw options.apt;
      runs.push([program, ...args].join(' '));
      if (options.apt && args.includes('install')) programs.add(options.apt);
    },
  };
  return { machine: made, runs };
}

describe('the search for Chromium', () => {
  it('takes what CHROMIUM_PATH names before anything else', () => {
    const { machine: found } = machine({
      programs: ['/usr/bin/chromium', '/opt/mine'],
      env: { CHROMIUM_PATH: '/opt/mine' },
    });
    expect(chromiumPath(found)).toBe('/opt/mine');
  });

  it('makes no other choice when CHROMIUM_PATH is wrong', () => {
    const { machine: found } = machine({
      programs: ['/usr/bin/chromium'],
      env: { CHROMIUM_PATH: '/opt/mine' },
    });
    expect(() => chromiumPath(found)).toThrow('CHROMIUM_PATH names /opt/mine, which is not a program');
  });

  it('looks in the usual places and on the PATH, and installs nothing when one is there', () => {
    const usual = machine({ programs: ['/usr/bin/google-chrome'], isRoot: true });
    expect(chromiumPath(usual.machine)).toBe('/usr/bin/google-chrome');
    expect(usual.runs).toEqual([]);
    const onPath = machine({ programs: ['/nix/bin/chromium'], env: { PATH: '/bin:/nix/bin' } });
    expect(chromiumPath(onPath.machine)).toBe('/nix/bin/chromium');
  });

  it("installs Debian's package as root", () => {
    const { machine: bare, runs } = machine({ isRoot: true, apt: '/usr/bin/chromium' });
    expect(chromiumPath(bare)).toBe('/usr/bin/chromium');
    expect(runs).toEqual(['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends chromium']);
  });

  it('says what to install when it may not or cannot', () => {
    const user = machine({});
    expect(() => chromiumPath(user.machine)).toThrow(
      /only root can install one[\s\S]*apt-get install chromium/,
    );
    const mac = machine({ isRoot: true, apt: new Error('spawn apt-get ENOENT') });
    expect(() => chromiumPath(mac.machine)).toThrow(
      /apt-get failed: spawn apt-get ENOENT[\s\S]*CHROMIUM_PATH/,
    );
  });
});
