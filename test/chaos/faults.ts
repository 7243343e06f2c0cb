/** The faults, by name: each breaks something under load and puts back what a supervisor would put back. */

import { setTimeout as pause } from 'node:timers/promises';

import type { Random } from '../../server/learning/index.js';
import { waitFor } from '../support/wait-for.js';

import type { Instance } from './instance.js';

export interface World {
  /** Has the embedded database. */
  readonly first: Instance;
  /** Shares the database of the first; runs only for faults that need two. */
  readonly second: Instance;
  databasePid(): number;
  /** Starts a retraining without waiting for its end. */
  retrain(): Promise<void>;
  /** Sends all visitors' requests to one instance; windows follow when they reconnect. */
  turnTo(instance: Instance): void;
}

export interface Fault {
  readonly name: string;
  readonly needsTwo?: boolean;
  /** Resolves when everything that was broken has been told to work again. */
  run(world: World, random: Random): Promise<void>;
}

const between = (random: Random, low: number, high: number) => low + random.next() * (high - low);

/** A process that is gone already was ended by another fault; nothing is left to do. */
function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function killAndStart(instance: Instance): Promise<void> {
  instance.signal('SIGKILL');
  await instance.ended(10_000);
  instance.start();
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 server',
    run: ({ first }) => killAndStart(first),
  },
  {
    name: 'kill -9 database',
    run: async ({ databasePid }) => signalProcess(databasePid(), 'SIGKILL'),
  },
  {
    name: 'kill -9 database twice',
    async run({ databasePid }, random) {
      const pid = databasePid();
      signalProcess(pid, 'SIGKILL');
      await waitFor(() => databasePid() !== pid, 'the database is started again', 30_000);
      await pause(between(random, 0, 2_000));
      signalProcess(databasePid(), 'SIGKILL');
    },
  },
  {
    name: 'kill -9 both',
    async run(world) {
      signalProcess(world.databasePid(), 'SIGKILL');
      await killAndStart(world.first);
    },
  },
  {
    name: 'kill -9 server in a retrain',
    async run(world, random) {
      await world.retrain();
      await pause(between(random, 0, 3_000));
      await killAndStart(world.first);
    },
  },
  {
    name: 'kill -9 database in a retrain',
    async run(world, random) {
      await world.retrain();
      await pause(between(random, 0, 3_000));
      signalProcess(world.databasePid(), 'SIGKILL');
    },
  },
  {
    name: 'freeze database',
    async run({ databasePid }, random) {
      const pid = databasePid();
      signalProcess(pid, 'SIGSTOP');
      await pause(between(random, 3_000, 10_000));
      signalProcess(pid, 'SIGCONT');
    },
  },
  {
    name: 'freeze server',
    async run({ first }, random) {
      first.signal('SIGSTOP');
      await pause(between(random, 3_000, 10_000));
      first.signal('SIGCONT');
    },
  },
  {
    name: 'SIGTERM server',
    async run({ first }) {
      first.signal('SIGTERM');
      await first.ended(20_000);
      first.start();
    },
  },
  {
    name: 'two instances, kill -9 one',
    needsTwo: true,
    async run({ second, first, turnTo }, random) {
      turnTo(second);
      await pause(between(random, 500, 2_000));
      second.signal('SIGKILL');
      await second.ended(10_000);
      turnTo(first);
    },
  },
  {
    name: 'two instances, SIGTERM one',
    needsTwo: true,
    async run({ second, first, turnTo }, random) {
      turnTo(second);
      await pause(between(random, 500, 2_000));
      second.signal('SIGTERM');
      turnTo(first);
      await second.ended(20_000);
    },
  },
  {
    name: 'two instances, kill -9 database',
    needsTwo: true,
    async run({ databasePid, second, turnTo }, random) {
      turnTo(second);
      await pause(between(random, 200, 1_000));
      signalProcess(databasePid(), 'SIGKILL');
    },
  },
];
