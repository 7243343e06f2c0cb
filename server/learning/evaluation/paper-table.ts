/**
 * The published figures that ours are printed beside (100 users; how likes were held out is not stated). Ours: likes of
 * the last week held out per user, all unseen items are candidates; silhouettes in the space KMeans ran in.
 */
export interface PaperRow {
  readonly 'precision@5': number;
  readonly 'recall@10': number;
  readonly silhouette: number;
}

export const PAPER_USERS = 100;
export const PAPER_OVERALL: PaperRow = Object.freeze({
  'precision@5': 0.78,
  'recall@10': 0.85,
  silhouette: 0.62,
});
/** Least and most over the four personas. */
export const PAPER_PERSONA_RANGE = Object.freeze({
  least: Object.freeze({ 'precision@5': 0.76, 'recall@10': 0.83, silhouette: 0.6 }) as PaperRow,
  most: Object.freeze({ 'precision@5': 0.8, 'recall@10': 0.86, silhouette: 0.64 }) as PaperRow,
});
