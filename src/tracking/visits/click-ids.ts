import type { Landing } from './address.ts';
import { clickIdIn } from './words.ts';

/** A parameter that an ad platform adds to the landing page, and what it says where no UTM parameter says more. */
export type ClickIdKind = {
  /** As the platform writes it; read without regard to case. */
  readonly parameter: string;
  readonly source: string;
  readonly medium: string;
  /** False: links that nobody paid for bear it too. */
  readonly isAd: boolean;
  /** Counts only beside one of these: the name is used by others as well. */
  readonly beside?: readonly string[];
};

const ad = (source: string, parameters: readonly string[], medium = 'cpc'): readonly ClickIdKind[] =>
  parameters.map((parameter) => ({ parameter, source, medium, isAd: true }));

/** In this order: of several the first names the source. */
export const CLICK_ID_KINDS: readonly ClickIdKind[] = [
  ...ad('google', ['gclid', 'gbraid', 'wbraid']),
  ...ad('google', ['dclid'], 'display'),
  ...ad('bing', ['msclkid']),
  ...ad('tiktok', ['ttclid']),
  ...ad('twitter', ['twclid']),
  ...ad('linkedin', ['li_fat_id']),
  ...ad('pinterest', ['epik']),
  ...ad('snapchat', ['ScCid']),
  ...ad('reddit', ['rdt_cid']),
  ...ad('quora', ['qclid']),
  ...ad('yandex', ['yclid']),
  ...ad('baidu', ['bd_vid']),
  ...ad('tencent', ['gdt_vid', 'qz_gdt']),
  ...ad('360', ['qhclickid']),
  {
    parameter: 'clickid',
    source: 'bytedance',
    medium: 'cpc',
    isAd: true,
    // Ocean Engine sends it with the ids of the ad; affiliate networks send a clickid alone.
    beside: ['adid', 'creativeid', 'creativetype', 'projectid', 'promotionid'],
  },
  // Every link out of Facebook and Instagram bears it: an ad only where utm_medium says so.
  { parameter: 'fbclid', source: 'facebook', medium: 'social', isAd: false },
];

export type FoundClickIds = {
  /** Raw values by their parameter. */
  readonly ids: Readonly<Record<string, string>>;
  /** The kind that names the source. */
  readonly kind: ClickIdKind | undefined;
};

const NONE: FoundClickIds = { ids: {}, kind: undefined };

/** As `Landing` has the names. */
const READ: readonly (readonly [name: string, kind: ClickIdKind])[] = CLICK_ID_KINDS.map((kind) => [
  kind.parameter.toLowerCase(),
  kind,
]);

/** The click ids of a landing page. Placeholders that the platform left unfilled are none. */
export const readClickIds = ({ parameters }: Landing): FoundClickIds => {
  if (parameters.size === 0) return NONE;
  const ids: Record<string, string> = {};
  let first: ClickIdKind | undefined;
  for (const [name, kind] of READ) {
    if (!parameters.has(name) || kind.beside?.some((other) => parameters.has(other)) === false) continue;
    const id = clickIdIn(parameters, name);
    if (id === undefined) continue;
    ids[kind.parameter] = id;
    first ??= kind;
  }
  return first === undefined ? NONE : { ids, kind: first };
};
