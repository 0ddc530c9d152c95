import { parseTrackingPlan, type TrackingPlan } from '../config/index.ts';
import type { SourceKey } from './traffic/index.ts';

/** The number that the pages bear, E.164: the business's own, no tracking number. */
export const CANONICAL = '+493023125000';
export const SITE = 'main';
export const POOL = 'ads';
export const LINE = 'office';
/** Of the site, as of its default. */
export const HEARTBEAT_MS = 60_000;

const numberAt = (place: number): string => `+49302312${String(5100 + place)}`;

/** Sources of the plan: their ids are the keys of the traffic's. */
const SOURCES: readonly { readonly id: SourceKey; readonly source: string; readonly medium: string }[] = [
  { id: 'google-ads', source: 'google', medium: 'cpc' },
  { id: 'bing-ads', source: 'bing', medium: 'cpc' },
  { id: 'organic', source: 'google', medium: 'organic' },
  { id: 'direct', source: '(direct)', medium: '(none)' },
  { id: 'referral', source: 'partner.example', medium: 'referral' },
];

const STATIC: readonly SourceKey[] = ['organic', 'direct', 'referral'];

/** Tracking numbers of the plan, those of sources first. */
export const trackingNumbers = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, place) => numberAt(place));

/**
 * A site with the hybrid: three numbers belong to sources without click ids, the others are lent to visits that an ad brought.
 *
 * @param count tracking numbers in all, more than 3
 * @param office SIP URI that rings where the calls go
 */
export const simulationPlan = (count: number, office: string): TrackingPlan => {
  const numbers = trackingNumbers(count);
  const ownNumber = STATIC.flatMap((id, place) => {
    const number = numbers[place];
    return number === undefined ? [] : [{ id, number }];
  });
  return parseTrackingPlan(
    {
      sources: SOURCES.map((source) => ({ ...source, name: source.id })),
      lines: [{ id: LINE, type: 'sip', uri: office }],
      pools: [{ id: POOL, lines: [LINE], quietDays: 0 }],
      numbers: [
        ...ownNumber.map(({ id, number }) => ({ number, source: id, lines: [LINE], record: false })),
        ...numbers.slice(STATIC.length).map((number) => ({ number, pool: POOL, record: false })),
      ],
      sites: [
        {
          id: SITE,
          hosts: ['www.example.com'],
          targets: [{ number: CANONICAL }],
          heartbeatSeconds: HEARTBEAT_MS / 1000,
          rules: [
            { id: 'ads', use: { pool: POOL } },
            ...ownNumber.map(({ id, number }) => ({ id, when: { channel: [id] }, use: { number } })),
          ],
        },
      ],
    },
    { trunkIds: [], defaultRegion: 'DE' },
    'the plan of the simulation',
  );
};

/** The traffic's source that a call was credited to. */
export const sourceKeyOf = (call: {
  readonly source_id: string | null;
  readonly source: string | null;
  readonly medium: string | null;
}): SourceKey | undefined =>
  SOURCES.find(({ id }) => id === call.source_id)?.id ??
  SOURCES.find(({ source, medium }) => source === call.source && medium === call.medium)?.id;
