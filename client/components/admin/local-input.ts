/** Converts instants to and from the value of an `input type="datetime-local"`, in UTC or the browser's time zone. */

const MINUTE_MS = 60_000;
const LENGTH = 'YYYY-MM-DDTHH:MM'.length;

export function toLocalInput(at: number, isUtc: boolean): string {
  const offsetMs = isUtc ? 0 : new Date(at).getTimezoneOffset() * MINUTE_MS;
  return new Date(at - offsetMs).toISOString().slice(0, LENGTH);
}

/** NaN for an incomplete value. */
export function fromLocalInput(value: string, isUtc: boolean): number {
  return Date.parse(isUtc ? `${value}Z` : value);
}
