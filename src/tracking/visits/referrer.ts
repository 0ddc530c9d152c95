import type { SitePlan } from '../../config/index.ts';
import type { Touch } from '../types.ts';
import { bareHost, matchesHost, parseUrl } from './address.ts';
import { KNOWN_PATTERNS, KNOWN_SITES, PASSED_HOSTS, PASSED_PATHS, WEBMAIL } from './referrer-hosts.ts';

/** What of a site's plan tells how visits to it are read. */
export type TouchSite = Pick<SitePlan, 'hosts' | 'parameters' | 'ignoredReferrers' | 'linkedHosts'>;

/** A site that visits come from. */
export type KnownSite = {
  /** Name in reports; a host for those that are in no table. */
  readonly source: string;
  readonly group: Exclude<Touch['referrerGroup'], 'none'>;
};

export type Referrer = { readonly host: string; readonly site: KnownSite };

const GROUPS = ['search', 'social', 'ai', 'email', 'referral'] as const;

const KNOWN_HOSTS: ReadonlyMap<string, KnownSite> = new Map(
  GROUPS.flatMap((group) =>
    Object.entries(KNOWN_SITES[group]).flatMap(([source, hosts]) =>
      hosts.split(' ').map((host) => [host, { source, group }] as const),
    ),
  ),
);

const PROTOCOLS = new Set(['https:', 'http:', 'android-app:', 'ios-app:']);

/** RFC 1035 2.3.4 */
const HOST_CHARACTERS = 253;

/** The most specific entry for a host or one that it lies below. */
const lookUp = <T>(host: string, entry: (host: string) => T | undefined): T | undefined => {
  for (let rest = host; ; rest = rest.slice(rest.indexOf('.') + 1)) {
    const found = entry(rest);
    if (found !== undefined || !rest.includes('.')) return found;
  }
};

const knownHost = (host: string): KnownSite | undefined => {
  const found = lookUp(host, (name) => KNOWN_HOSTS.get(name));
  if (found !== undefined) return found;
  const pattern = KNOWN_PATTERNS.find(([words]) => words.test(host));
  return pattern && { source: pattern[1], group: pattern[2] };
};

/** What kind of site a host is; one that is in no table is a referral by its own name. @param host lower case, no port */
export const siteOfHost = (host: string): KnownSite =>
  knownHost(host) ?? { source: bareHost(host), group: WEBMAIL.test(host) ? 'email' : 'referral' };

/** The social site, assistant or mail that a `utm_source` names by its name or host: `chatgpt.com`, `facebook`. Others say nothing of the kind. */
export const knownName = (source: string): KnownSite | undefined => {
  const known = source.includes('.') ? knownHost(source) : KNOWN_NAMES.get(source);
  return known && NAMED_GROUPS.has(known.group) ? known : undefined;
};

const NAMED_GROUPS: ReadonlySet<KnownSite['group']> = new Set(['social', 'ai', 'email']);

const KNOWN_NAMES: ReadonlyMap<string, KnownSite> = new Map<string, KnownSite>([
  // Mail has the names of search engines too: `yahoo` says neither.
  ...(['social', 'ai'] as const).flatMap((group) =>
    Object.keys(KNOWN_SITES[group]).map((source) => [source, { source, group }] as const),
  ),
  ['email', { source: 'email', group: 'email' }],
  ['newsletter', { source: 'newsletter', group: 'email' }],
]);

const isOwn = ({ host, hostname }: URL, landingHost: string | undefined, site: TouchSite): boolean => {
  if (landingHost !== undefined && bareHost(hostname) === bareHost(landingHost)) return true;
  const matches = (pattern: string): boolean =>
    matchesHost(host, pattern) || matchesHost(hostname, pattern) || bareHost(host) === bareHost(pattern);
  return site.hosts.some(matches) || site.linkedHosts.some(matches);
};

const isPassed = ({ hostname, pathname }: URL, site: TouchSite): boolean =>
  lookUp(hostname, (name) => PASSED_HOSTS.has(name) || undefined) === true ||
  PASSED_PATHS.test(pathname) ||
  site.ignoredReferrers.some(
    (pattern) =>
      matchesHost(hostname, pattern) || lookUp(hostname, (name) => name === pattern || undefined) === true,
  );

/**
 * The site that a visit came from. The site's own pages, those of linked sites, and payment and login pages don't count.
 *
 * @param landingHost of the page that it came to
 */
export const readReferrer = (
  referrer: string | undefined,
  landingHost: string | undefined,
  site: TouchSite,
): Referrer | undefined => {
  if (referrer === undefined || referrer === '') return undefined;
  const url = parseUrl(referrer);
  if (url === undefined || !PROTOCOLS.has(url.protocol)) return undefined;
  if (url.hostname === '' || url.hostname.length > HOST_CHARACTERS) return undefined;
  if (isOwn(url, landingHost, site) || isPassed(url, site)) return undefined;
  const host = url.hostname.toLowerCase();
  return { host, site: siteOfHost(host) };
};
