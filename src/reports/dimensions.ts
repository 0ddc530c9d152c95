import { DateTime } from 'luxon';
import { sourceChannel } from '../tracking/index.ts';
import type { Spending } from './spending.ts';

/** What the report of calls has a row for. */
export const CALL_DIMENSIONS = [
  'source',
  'medium',
  'campaign',
  'keyword',
  'landing',
  'channel',
  'hour',
  'weekday',
  'region',
  'day',
] as const;
export type CallDimension = (typeof CALL_DIMENSIONS)[number];

export const UNATTRIBUTED = '(unattributed)';
const NONE = '(none)';
const UNKNOWN = '(unknown)';

/** What tells rows apart, by the name of its column. */
export type RowNames = Readonly<Record<string, string | number | null>>;

/** Which row calls or money belong to. */
export type RowKey = {
  /** Compared without regard to case. */
  readonly key: string;
  readonly names: RowNames;
};

type Words = readonly (string | null)[];

const rowKey = (names: RowNames): RowKey => ({
  key: JSON.stringify(Object.values(names)).toLowerCase(),
  names,
});

type Touched = Pick<Spending, 'source' | 'medium' | 'campaign'>;

/** Rows by what brought the calls; of these the cost is known. */
const BY_TOUCH = {
  source: ({ source }: Touched): RowNames => ({ source }),
  medium: ({ medium }: Touched): RowNames => ({ medium: medium ?? NONE }),
  campaign: ({ source, medium, campaign }: Touched): RowNames => ({
    source,
    medium: medium ?? NONE,
    campaign: campaign ?? NONE,
  }),
  channel: ({ source, medium }: Touched): RowNames => ({ channel: sourceChannel(source, medium) }),
} as const;

type TouchDimension = keyof typeof BY_TOUCH;

export const isTouchDimension = (by: CallDimension): by is TouchDimension => by in BY_TOUCH;

const NOBODY: Readonly<Record<TouchDimension, RowNames>> = {
  source: { source: null },
  medium: { medium: null },
  campaign: { source: null, medium: null, campaign: null },
  channel: { channel: null },
};

/** What the kept key of dimension `source` tells. */
export type SourceWords = {
  readonly sourceId: string | null;
  readonly sourceName: string | null;
  readonly costCenter: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly channel: string | null;
};

const words = (key: string): Words => {
  const found: unknown = JSON.parse(key);
  return Array.isArray(found) ? found.map((word) => (word === null ? null : String(word))) : [];
};

export const readSourceWords = (key: string): SourceWords => {
  const [
    sourceId = null,
    sourceName = null,
    costCenter = null,
    source = null,
    medium = null,
    campaign = null,
    channel = null,
  ] = words(key);
  return { sourceId, sourceName, costCenter, source, medium, campaign, channel };
};

const ofSource = (by: TouchDimension, key: string): RowNames => {
  const { source, medium, campaign, channel } = readSourceWords(key);
  if (source === null) return NOBODY[by];
  // A visit knows its channel; the number of a source has the one that its medium says.
  if (by === 'channel' && channel !== null) return { channel };
  return BY_TOUCH[by]({ source, medium, campaign });
};

const dayText = (days: number): string =>
  DateTime.fromMillis(days * 86_400_000, { zone: 'utc' }).toISODate() ?? '';

/** The row that a group of calls belongs to, from the key that it was counted by. */
export const rowOf = (by: CallDimension, key: string): RowKey => {
  if (isTouchDimension(by)) return rowKey(ofSource(by, key));
  const [first = null, second = null, third = null, fourth = null] =
    by === 'keyword' || by === 'landing' || by === 'region' ? words(key) : [];
  switch (by) {
    case 'keyword':
      return rowKey(
        first === null
          ? { source: null, medium: null, campaign: null, keyword: null }
          : { source: first, medium: second ?? NONE, campaign: third ?? NONE, keyword: fourth ?? NONE },
      );
    case 'landing':
      return rowKey({ landing: first });
    case 'region':
      return rowKey({ region: first });
    case 'day':
      return rowKey({ day: dayText(Number(key)) });
    // Both from the hour of the week.
    case 'hour':
      return rowKey({ hour: Number(key) % 24 });
    case 'weekday':
      return rowKey({ weekday: Math.floor(Number(key) / 24) });
  }
};

/** The row that money belongs to; undefined where spend says nothing of the dimension. */
export const rowOfSpending = (by: CallDimension, spending: Spending): RowKey | undefined => {
  if (isTouchDimension(by)) return rowKey(BY_TOUCH[by](spending));
  return by === 'day' && spending.day !== null ? rowKey({ day: spending.day }) : undefined;
};

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** A row's names as people read them. */
export const labelOf = (by: CallDimension, names: RowNames): string => {
  if (by === 'hour') return `${String(names['hour']).padStart(2, '0')}:00`;
  if (by === 'weekday') return WEEKDAYS[Number(names['weekday'])] ?? '';
  const [first, ...rest] = Object.values(names);
  if (first === null) return by === 'region' || by === 'landing' ? UNKNOWN : UNATTRIBUTED;
  return [first, ...rest].join(' / ');
};

/** Rows that are there whether there were calls or not, in their order. */
export const fixedRows = (by: CallDimension, days: readonly string[]): readonly RowKey[] | undefined => {
  if (by === 'hour') return Array.from({ length: 24 }, (_, hour) => rowKey({ hour }));
  if (by === 'weekday') return WEEKDAYS.map((_, weekday) => rowKey({ weekday }));
  return by === 'day' ? days.map((day) => rowKey({ day })) : undefined;
};
