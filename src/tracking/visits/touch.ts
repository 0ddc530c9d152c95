import type { Channel } from '../../store/index.ts';
import type { Touch } from '../types.ts';
import { readLanding } from './address.ts';
import { type ClickIdKind, readClickIds } from './click-ids.ts';
import { channelOfMedium, isPaidMedium } from './media.ts';
import { type Names, readNames } from './names.ts';
import { type KnownSite, knownName, readReferrer, type TouchSite } from './referrer.ts';

type Words = Pick<Touch, 'channel' | 'source' | 'medium'>;

const CHANNEL_OF: Readonly<Record<KnownSite['group'], Channel>> = {
  search: 'organic',
  social: 'social',
  ai: 'ai',
  email: 'email',
  referral: 'referral',
};

const DIRECT: Words = { channel: 'direct', source: '(direct)', medium: '(none)' };
/** A campaign whose link doesn't say where it stands. */
const NOT_SET = '(not set)';

const siteWords = ({ source, group }: KnownSite): Words => {
  const channel = CHANNEL_OF[group];
  return { channel, source, medium: channel };
};

const clickWords = (kind: ClickIdKind, names: Names): Words => {
  const isAd = kind.isAd || (names.medium !== undefined && isPaidMedium(names.medium));
  return {
    channel: isAd ? 'paid' : 'social',
    source: names.source ?? kind.source,
    medium: names.medium ?? kind.medium,
  };
};

/** ChatGPT writes `utm_source=chatgpt.com` and no medium into its links: that is the assistant, by whatever way it is told. */
const sourceWords = (source: string): Words => {
  const known = knownName(source);
  return known === undefined ? { channel: 'campaign', source, medium: '(none)' } : siteWords(known);
};

const namedWords = ({ source, medium }: Names, from: KnownSite | undefined): Words => {
  if (source !== undefined && medium === undefined) return sourceWords(source);
  const rest =
    from === undefined ? { ...DIRECT, channel: 'campaign' as const, source: NOT_SET } : siteWords(from);
  if (medium === undefined) return rest;
  return { channel: channelOfMedium(medium), source: source ?? rest.source, medium };
};

/**
 * What brought a visit: click ids of the landing page, then its UTM parameters (also those in its fragment, the site's own and
 * Baidu Tongji's), then the referrer, else direct. A click id settles the channel; UTM parameters name source and medium wherever they are given.
 * Junk is read as far as it says something and never throws.
 *
 * @param referrer `document.referrer`; the site's own pages and hosts that don't count may be passed too
 */
export const readTouch = (landingUrl: string, referrer: string | undefined, site: TouchSite): Touch => {
  const landing = readLanding(landingUrl);
  const clicks = readClickIds(landing);
  const names = readNames(landing, site.parameters);
  const from = readReferrer(referrer, landing.url?.hostname, site);
  const isNamed = (names.source ?? names.medium ?? names.campaign) !== undefined;
  const words = clicks.kind
    ? clickWords(clicks.kind, names)
    : isNamed
      ? namedWords(names, from?.site)
      : from
        ? siteWords(from.site)
        : DIRECT;
  return {
    channel: words.channel,
    source: words.source,
    medium: words.medium,
    campaign: names.campaign ?? null,
    term: names.term ?? null,
    content: names.content ?? null,
    clickIds: clicks.ids,
    referrerGroup: from?.site.group ?? 'none',
    referrerHost: from?.host ?? null,
  };
};

/** Whether the landing page bears the click id of an ad; Facebook's alone, without a paid medium, is none. */
export const hasAdClick = ({ channel, clickIds }: Pick<Touch, 'channel' | 'clickIds'>): boolean =>
  channel === 'paid' && Object.keys(clickIds).length > 0;
