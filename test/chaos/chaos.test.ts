/** The short form of the chaos rounds: the faults an operator meets first, each once. */

import { expect, it } from 'vitest';

import { FAULTS } from './faults.js';
import { runChaos } from './rounds.js';

const NAMES = ['kill -9 both', 'kill -9 database', 'SIGTERM server', 'two instances, kill -9 one'];
/** A busy machine takes its time; what is wrong by then stays wrong. */
const SETTLE_MS = 20_000;
const DEADLINE_MS = 600_000;

it(
  'loses and doubles nothing that was acknowledged, and shows what the record gives, after kills and a restart',
  async () => {
    const faults = FAULTS.filter(({ name }) => NAMES.includes(name));
    expect(faults).toHaveLength(NAMES.length);
    const rows = await runChaos({ seed: 1, nRounds: faults.length, faults, settleMs: SETTLE_MS });
    expect(rows.map(({ fault, breaches }) => ({ fault, breaches }))).toEqual(
      rows.map(({ fault }) => ({ fault, breaches: [] })),
    );
    expect(rows.map(({ fault }) => fault).sort()).toEqual([...NAMES].sort());
    for (const { nThumbs, nEvents } of rows) expect(Math.min(nThumbs, nEvents)).toBeGreaterThan(0);
  },
  DEADLINE_MS,
);
