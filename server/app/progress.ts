/** Shows progress: a bar on a terminal, occasional lines in a log. */

import { SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 2_000;
/** Interval after which the last line is repeated without updates, so that a slow step does not look stuck. */
const SILENT_MS = 8_000;

export interface Progress {
  /** `fraction` 0..1; `detail` is shown beside the bar. */
  update(fraction: number, detail?: string): void;
  /** Ends the bar; the text stays. */
  done(detail?: string): void;
}

interface ProgressOptions {
  /** Name of the work. */
  readonly title: string;
  readonly stream?: NodeJS.WriteStream;
  readonly clock?: () => number;
}

export function createProgress({
  title,
  stream = process.stderr,
  clock = Date.now,
}: ProgressOptions): Progress {
  return stream.isTTY ? createBar(title, stream) : createLines(title, stream, clock);
}

function createBar(title: string, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: `${title.padEnd(24)} {bar} {percentage}% | {eta_formatted} left | {detail}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    etaBuffer: 50,
  });
  bar.start(1_000, 0, { detail: '' });
  return {
    update: (fraction, detail) =>
      bar.update(Math.round(fraction * 1_000), detail === undefined ? {} : { detail }),
    done: (detail) => {
      bar.update(1_000, detail === undefined ? {} : { detail });
      bar.stop();
    },
  };
}

function createLines(title: string, stream: NodeJS.WriteStream, clock: () => number): Progress {
  const startedAt = clock();
  let lastAt = startedAt;
  const seconds = () => ((clock() - startedAt) / 1_000).toFixed(1);
  let last = { fraction: 0, detail: '' };
  const write = () => {
    lastAt = clock();
    const { fraction, detail } = last;
    const left =
      fraction > 0.02
        ? `, ${Math.ceil(((clock() - startedAt) * (1 - fraction)) / fraction / 1_000)} s left`
        : '';
    stream.write(`${title}: ${Math.round(fraction * 100)} %${left} ${detail}\n`);
  };
  const watch = setInterval(() => {
    if (clock() - lastAt >= SILENT_MS) write();
  }, LINE_EVERY_MS);
  watch.unref();
  return {
    update: (fraction, detail = '') => {
      last = { fraction, detail };
      if (clock() - lastAt >= LINE_EVERY_MS) write();
    },
    done: (detail = '') => {
      clearInterval(watch);
      stream.write(`${title}: done in ${seconds()} s ${detail}\n`);
    },
  };
}
