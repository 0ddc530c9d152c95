import type { SitePlan } from '../../config/index.ts';
import type { Landing } from './address.ts';
import { nameIn } from './words.ts';

type Field = SitePlan['parameters'][string];

/** What the parameters of a landing page call the visit. */
export type Names = Readonly<Record<Field, string | undefined>>;

/** UTM parameters, and those of Baidu Tongji's links. */
const STANDARD: Readonly<Record<Field, readonly string[]>> = {
  source: ['utm_source'],
  medium: ['utm_medium'],
  campaign: ['utm_campaign', 'utm_id'],
  term: ['utm_term'],
  content: ['utm_content'],
};
const TONGJI: Readonly<Record<Field, readonly string[]>> = {
  source: ['hmsr'],
  medium: [],
  campaign: ['hmpl'],
  term: ['hmkw'],
  content: ['hmci', 'hmcu'],
};

const NOTHING: Names = Object.freeze({
  source: undefined,
  medium: undefined,
  campaign: undefined,
  term: undefined,
  content: undefined,
});

const ownOf = (own: SitePlan['parameters'], field: Field): readonly string[] =>
  Object.entries(own).flatMap(([parameter, means]) => (means === field ? [parameter.toLowerCase()] : []));

/** Reads the names: UTM first, then the site's own parameters, then Baidu Tongji's. Sources and media in lower case. */
export const readNames = ({ parameters }: Landing, own: SitePlan['parameters']): Names => {
  if (parameters.size === 0) return NOTHING;
  const first = (names: readonly string[]): string | undefined => {
    for (const parameter of names) {
      const name = parameters.has(parameter) ? nameIn(parameters, parameter) : undefined;
      if (name !== undefined) return name;
    }
    return undefined;
  };
  const read = (field: Field): string | undefined =>
    first(STANDARD[field]) ?? first(ownOf(own, field)) ?? first(TONGJI[field]);
  return {
    source: read('source')?.toLowerCase(),
    medium: read('medium')?.toLowerCase(),
    campaign: read('campaign'),
    term: read('term'),
    content: read('content'),
  };
};
