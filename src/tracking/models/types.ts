import type { TouchSource } from '../events.ts';

/** Credit of one conversion is counted in millionths of it, so that sums tie out exactly. */
export const MICROS = 1_000_000;
export const DAY_MS = 86_400_000;

/** What brings credit: see `conversions.ts` for what counts as one. */
export const CONVERSION_KINDS = ['call', 'answered', 'form', 'lead', 'qualified', 'sale'] as const;
export type ConversionKind = (typeof CONVERSION_KINDS)[number];

/** What a report has a row for. */
export const DIMENSIONS = ['source', 'campaign', 'keyword', 'channel', 'landing'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** One contact of a person with the business's advertising. */
export type Touch = {
  /** Of the visit, or of the call that is a touch itself. */
  readonly id: string;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whose it is, as `Persons` counts. */
  readonly node: number;
  readonly source: TouchSource;
  /** Address of the landing page; null for a call. */
  readonly landing: string | null;
  /** Whether an ad was paid for it. */
  readonly paid: boolean;
};

/** A touch as models see it. */
export type PathTouch = {
  /** Row of the report that it belongs to. */
  readonly key: string;
  readonly at: number;
  readonly direct: boolean;
  readonly paid: boolean;
};

/** What a person did before a conversion, in order; never empty. The first touch is the milestone F, the last is C. */
export type Path = {
  readonly touches: readonly PathTouch[];
  /** When it converted, milliseconds since the epoch; no touch is later. */
  readonly at: number;
  /** Index of the touch of the first call or form (L); undefined: not known, or before the window. */
  readonly lead: number | undefined;
  /** Index of the touch that was the last when the person was qualified (Q). */
  readonly qualified: number | undefined;
};

/** A path and how much of a conversion stands behind it, in millionths. */
export type WeighedPath = { readonly path: Path; readonly micros: number };

/** Paths of everybody that a report looks at, for models that learn from all of them. */
export type Journeys = {
  readonly converted: readonly WeighedPath[];
  /** Of people who did not convert: keys in order. */
  readonly lost: readonly { readonly keys: readonly string[]; readonly micros: number }[];
};

type Named = {
  readonly id: string;
  /** Goes up when the same path would get other weights: reports say which one made them. */
  readonly version: number;
  /** For people. */
  readonly title: string;
  /** The same for the head of a narrow column. */
  readonly short: string;
};

/**
 * How credit is given. `path`: each conversion by its own path, weights ≥ 0 that add up to 1, one a touch. `journeys`: by what
 * all paths show; relative weights of keys that all credit together is shared by.
 */
export type Model =
  | (Named & { readonly type: 'path'; readonly weigh: (path: Path) => readonly number[] })
  | (Named & {
      readonly type: 'journeys';
      readonly weighKeys: (journeys: Journeys) => ReadonlyMap<string, number>;
    });

/** All that a report depends on, apart from the events. */
export type AttributionParameters = {
  readonly model: string;
  readonly version: number;
  readonly conversion: ConversionKind;
  readonly by: Dimension;
  /** Conversions from then on, milliseconds since the epoch. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** IANA zone that the days of the period were read in. */
  readonly zone: string;
  /** How long before a conversion a touch counts, 1 to 90. */
  readonly windowDays: number;
  /** A person's conversions within so many days of a counted one count no more; 0: all count. */
  readonly dedupeDays: number;
  /** Calls, forms and leads of so many days before the period are looked at, for what is a repeat and what was first. */
  readonly historyDays: number;
  /** The last event that was seen. */
  readonly lastSeq: number;
  /** How many events the log had up to it. */
  readonly events: number;
};

/** What a row stands for; what its dimension does not tell is null. */
export type RowNames = {
  readonly channel: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly keyword: string | null;
  /** Host and path of the landing page. */
  readonly landing: string | null;
};

/** An amount in millionths of each currency. */
export type Values = Readonly<Record<string, number>>;

export type AttributionRow = RowNames & {
  /** Tells rows apart; `(unattributed)` and `(other)` stand for themselves. */
  readonly key: string;
  /** Millionths of a conversion. */
  readonly credits: number;
  /** 90 % interval of the credits, as a Poisson count: millionths. */
  readonly creditsLow: number;
  readonly creditsHigh: number;
  /** Conversions that it had a part in. */
  readonly conversions: number;
  /** Millionths of all credit, and their 90 % interval (Wilson). */
  readonly share: number;
  readonly shareLow: number;
  readonly shareHigh: number;
  readonly values: Values;
};

/** Integers and texts only: its canonical bytes are the same everywhere. */
export type AttributionReport = {
  readonly format: 1;
  readonly parameters: AttributionParameters;
  /** Most credit first. */
  readonly rows: readonly AttributionRow[];
  readonly totals: {
    readonly conversions: number;
    /** Always conversions × 1,000,000. */
    readonly credits: number;
    readonly creditsLow: number;
    readonly creditsHigh: number;
    readonly values: Values;
    /** Conversions of people that had converted within the dedupe window; not counted. */
    readonly repeats: number;
  };
};
