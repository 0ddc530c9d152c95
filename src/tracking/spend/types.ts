/** What was spent on a source on a day. */
export type SpendRow = {
  /** Calendar day, `2026-11-22`, of the zone that reports are read in. */
  readonly day: string;
  /** `google`: as calls have it, in lower case. */
  readonly source: string;
  /** `''`: the source has none, or it is spent on the whole source. */
  readonly medium: string;
  /** `''`: no campaign. */
  readonly campaign: string;
  /** ISO 4217 */
  readonly currency: string;
  /** Millionths of the currency's unit, 0 and more. */
  readonly micros: number;
  readonly clicks: number | null;
  readonly impressions: number | null;
};

/** What an import did, or would do. */
export type SpendImport = {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Rows of the import that were added to another one of the same day, source, medium, campaign and currency. */
  readonly merged: number;
};
