import type { Dimension, RowNames, Touch } from './types.ts';

const NO_NAMES: RowNames = {
  channel: null,
  source: null,
  medium: null,
  campaign: null,
  keyword: null,
  landing: null,
};

/** Credit that nobody can be given. */
export const UNATTRIBUTED = '(unattributed)';
/** What a model had to put together. */
export const OTHER = '(other)';

/** Host and path of an address: parameters tell visits apart, not pages. */
const pageOf = (address: string | null): string | null => {
  if (address === null) return null;
  const [page = ''] = address.replace(/^[a-z]+:\/\//i, '').split(/[?#]/);
  return page.endsWith('/') ? page.slice(0, -1) : page;
};

const NAMES: Readonly<Record<Dimension, (touch: Touch) => RowNames>> = {
  channel: ({ source }) => ({ ...NO_NAMES, channel: source.channel }),
  source: ({ source }) => ({ ...NO_NAMES, source: source.source, medium: source.medium }),
  campaign: ({ source }) => ({
    ...NO_NAMES,
    source: source.source,
    medium: source.medium,
    campaign: source.campaign,
  }),
  keyword: ({ source }) => ({
    ...NO_NAMES,
    source: source.source,
    medium: source.medium,
    campaign: source.campaign,
    keyword: source.term,
  }),
  landing: ({ landing }) => ({ ...NO_NAMES, landing: pageOf(landing) }),
};

const COLUMNS: Readonly<Record<Dimension, readonly (keyof RowNames)[]>> = {
  channel: ['channel'],
  source: ['source', 'medium'],
  campaign: ['source', 'medium', 'campaign'],
  keyword: ['source', 'medium', 'campaign', 'keyword'],
  landing: ['landing'],
};

/** Which of a row's names its dimension tells. */
export const columnsOf = (by: Dimension): readonly (keyof RowNames)[] => COLUMNS[by];

/** Rows of a report, by the touches that belong to them. */
export type Rows = {
  keyOf(touch: Touch): string;
  namesOf(key: string): RowNames;
};

/** @param by what rows stand for */
export const createRows = (by: Dimension): Rows => {
  const keys = new Map<Touch, string>();
  const names = new Map<string, RowNames>();
  return {
    keyOf: (touch) => {
      const known = keys.get(touch);
      if (known !== undefined) return known;
      const named = NAMES[by](touch);
      const key = COLUMNS[by]
        .map((column) => (named[column] ?? '(none)').replaceAll(' / ', ' // '))
        .join(' / ');
      keys.set(touch, key);
      if (!names.has(key)) names.set(key, named);
      return key;
    },
    namesOf: (key) => names.get(key) ?? NO_NAMES,
  };
};
