/**
 * Label encoding of devices and languages. The tables are fixed, so a label means the same in every model version and
 * process; append new words only.
 */

/** 0 is "not given"; an unlisted device gets the label after the last. */
const DEVICES = ['desktop', 'mobile', 'tablet', 'tv', 'console', 'watch'];

/** ISO 639-1 codes; 0 is "not given"; an unlisted language gets the label after the last. */
const LANGUAGES =
  'ar bg bn ca cs da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv ml mr ms nb nl pa pl pt ro ru sk sl sr sv sw ta te th tl tr uk ur vi zh'.split(
    ' ',
  );

/** Label of the most frequent device; ties in alphabetical order. */
export function deviceLabel(counts: Readonly<Record<string, number>>): number {
  return label(counts, DEVICES, (word) => word.toLowerCase());
}

/** Label of the most frequent language; "en-GB" and "en_US" both count as "en". */
export function localeLabel(counts: Readonly<Record<string, number>>): number {
  return label(counts, LANGUAGES, (word) => word.toLowerCase().split(/[-_]/)[0]);
}

function label(
  counts: Readonly<Record<string, number>>,
  table: readonly string[],
  normalise: (word: string) => string,
): number {
  const totals = new Map<string, number>();
  for (const [word, count] of Object.entries(counts)) {
    const key = normalise(word);
    totals.set(key, (totals.get(key) ?? 0) + count);
  }
  let best = '';
  for (const [word, count] of totals) {
    const most = totals.get(best) ?? 0;
    if (count > most || (count === most && word < best)) best = word;
  }
  if (best === '') return 0;
  const place = table.indexOf(best);
  return place < 0 ? table.length + 1 : place + 1;
}
