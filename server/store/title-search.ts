/** Searching titles: each word asked for must begin a word of the title, whatever the case and the accents. */

/** The form of a title that is searched: lower case, no accents, single spaces. */
export function searchable(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** One pattern per word; none for a blank search. */
export function searchPatterns(search: string): RegExp[] {
  const words = searchable(search).split(' ').filter(Boolean);
  return words.map((word) => new RegExp(`(^| )${word}`));
}
