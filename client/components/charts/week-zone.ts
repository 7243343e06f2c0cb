/** Moves the hours of a week from UTC to another time zone. */

export interface WeekCell {
  /** 1 is Monday. */
  readonly weekday: number;
  readonly hour: number;
  readonly events: number;
}

const HOURS_OF_WEEK = 7 * 24;

/** `zoneHours`: whole hours that the zone is ahead of UTC. */
export function inZone(cells: readonly WeekCell[], zoneHours: number): WeekCell[] {
  return cells.map(({ weekday, hour, events }) => {
    const moved = (weekday - 1) * 24 + hour + zoneHours;
    const place = ((moved % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
    return { weekday: Math.floor(place / 24) + 1, hour: place % 24, events };
  });
}
