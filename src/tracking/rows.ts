import type { LinePlan, NumberPlan, SourcePlan } from '../config/index.ts';
import type { Flag, LineTable, SourceTable, TrackingNumberTable } from '../store/index.ts';

/** Rows of the database and entries of the plan are two forms of one thing; these turn one into the other. */

export const sourceRow = (source: SourcePlan): SourceTable => ({
  id: source.id,
  name: source.name,
  source: source.source,
  medium: source.medium ?? null,
  campaign: source.campaign ?? null,
  keyword: source.keyword ?? null,
  landing_page: source.landingPage ?? null,
  cost_center: source.costCenter ?? null,
  cost_amount: source.cost?.amount ?? null,
  cost_currency: source.cost?.currency ?? null,
  cost_per: source.cost?.per ?? null,
});

export const sourceEntry = (row: SourceTable): SourcePlan => ({
  id: row.id,
  name: row.name,
  source: row.source,
  ...(row.medium !== null && { medium: row.medium }),
  ...(row.campaign !== null && { campaign: row.campaign }),
  ...(row.keyword !== null && { keyword: row.keyword }),
  ...(row.landing_page !== null && { landingPage: row.landing_page }),
  ...(row.cost_center !== null && { costCenter: row.cost_center }),
  ...costEntry(row),
});

const costEntry = ({
  cost_amount: amount,
  cost_currency: currency,
  cost_per: per,
}: SourceTable): Pick<SourcePlan, 'cost'> =>
  amount === null || currency === null || per === null ? {} : { cost: { amount, currency, per } };

const NO_TARGET = { number: null, trunk_id: null, uri: null, user: null, nat: 0 } as const;

export const lineRow = (line: LinePlan): LineTable => {
  const row = { id: line.id, name: line.name ?? null, ring_timeout_s: line.ringTimeoutSeconds, ...NO_TARGET };
  switch (line.type) {
    case 'trunk':
      return { ...row, type: 'trunk', number: line.number, trunk_id: line.trunk };
    case 'sip':
      return { ...row, type: 'sip', uri: line.uri, nat: flag(line.nat) };
    case 'user':
      return { ...row, type: 'user', user: line.user };
    case 'echo':
      return { ...row, type: 'echo' };
  }
};

export const lineEntry = (row: LineTable): LinePlan => {
  const head = { id: row.id, ...(row.name !== null && { name: row.name }) };
  const ringTimeoutSeconds = row.ring_timeout_s;
  switch (row.type) {
    case 'trunk':
      return {
        ...head,
        type: 'trunk',
        number: row.number ?? '',
        trunk: row.trunk_id ?? '',
        ringTimeoutSeconds,
      };
    case 'sip':
      return { ...head, type: 'sip', uri: row.uri ?? '', ringTimeoutSeconds, nat: row.nat === 1 };
    case 'user':
      return { ...head, type: 'user', user: row.user ?? '', ringTimeoutSeconds };
    case 'echo':
      return { ...head, type: 'echo', ringTimeoutSeconds };
  }
};

export const numberRow = (entry: NumberPlan): TrackingNumberTable => ({
  number: entry.number,
  label: entry.label ?? null,
  source_id: entry.source,
  record: entry.record === undefined ? null : flag(entry.record),
  enabled: flag(entry.enabled),
});

/** @param lines ids of the number's lines in the order they are tried */
export const numberEntry = (row: TrackingNumberTable, lines: readonly string[]): NumberPlan => ({
  number: row.number,
  ...(row.label !== null && { label: row.label }),
  source: row.source_id,
  lines: [...lines],
  ...(row.record !== null && { record: row.record === 1 }),
  enabled: row.enabled === 1,
});

const flag = (value: boolean): Flag => (value ? 1 : 0);
