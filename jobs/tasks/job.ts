/** A scheduled job: its name, its schedule and the use case it calls. */
export interface Job {
  readonly name: string;
  /** Cron expression with five fields. */
  readonly schedule: string;
  /** IANA name, e.g. "UTC". */
  readonly timeZone: string;
  /** Whether the slot that began at this instant still needs a run. */
  isDue(slot: number): Promise<boolean>;
  run(): Promise<void>;
}
