/** The log: JSON lines on standard error, so that standard output stays for results. */

import { pino } from 'pino';

import type { Settings } from './settings.js';

export function createLog(settings: Pick<Settings, 'logLevel'>): pino.Logger {
  return pino({ level: settings.logLevel }, pino.destination({ dest: 2, sync: false }));
}
