import { isRegion } from '../../base/phone.ts';
import { ZONES_OF_REGIONS } from './zones.ts';

/** `Asia Shanghai Urumqi; …` → `Asia/Shanghai`, `Asia/Urumqi` … */
const zonesIn = (areas: string): readonly string[] =>
  areas.split('; ').flatMap((entry) => {
    const [area = '', ...places] = entry.split(' ');
    return places.map((place) => `${area}/${place}`);
  });

const REGION_OF_ZONE: ReadonlyMap<string, string> = new Map(
  Object.entries(ZONES_OF_REGIONS).flatMap(([region, areas]) =>
    zonesIn(areas).map((zone) => [zone, region] as const),
  ),
);

/** IANA time zones of an ISO 3166 region; empty when none is known. */
export const zonesOfRegion = (region: string): readonly string[] =>
  Object.hasOwn(ZONES_OF_REGIONS, region) ? zonesIn(ZONES_OF_REGIONS[region] ?? '') : [];

const ZONE_NAME = /^[A-Za-z]{2,20}\/[A-Za-z0-9_+/-]{1,40}$/;
const CACHE_LIMIT = 1000;
const aliases = new Map<string, string | null>();

const canonicalZone = (zone: string): string | undefined => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
};

/** Zones have older and newer names: `Asia/Kolkata` is `Asia/Calcutta`. */
const regionOfAlias = (zone: string): string | null => {
  const cached = aliases.get(zone);
  if (cached !== undefined) return cached;
  if (aliases.size >= CACHE_LIMIT) aliases.clear();
  const region = REGION_OF_ZONE.get(canonicalZone(zone) ?? '') ?? null;
  aliases.set(zone, region);
  return region;
};

const regionOfZone = (zone: string): string | null => {
  const region = REGION_OF_ZONE.get(zone);
  if (region !== undefined) return region;
  return ZONE_NAME.test(zone) ? regionOfAlias(zone) : null;
};

/** `de-DE` → `DE`, `zh-Hant-TW` → `TW` (RFC 5646 2.2.4). */
const regionOfLanguage = (language: string): string | null => {
  const region = /^[a-z]{2,3}(?:-[a-z]{4})?-([a-z]{2})(?:-|$)/i.exec(language)?.[1]?.toUpperCase();
  return region !== undefined && isRegion(region) ? region : null;
};

/**
 * Where a visitor likely is, ISO 3166: by the browser's time zone, else by the region of its language.
 *
 * @returns null when neither tells: `UTC`, `en`
 */
export const regionOf = ({
  language,
  timeZone,
}: {
  readonly language: string | undefined;
  readonly timeZone: string | undefined;
}): string | null => regionOfZone(timeZone ?? '') ?? regionOfLanguage(language ?? '');
