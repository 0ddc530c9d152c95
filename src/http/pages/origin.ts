import type { SitePlan } from '../../config/index.ts';

type Sites = ReadonlyMap<string, SitePlan>;

/** Host, and port where it is not its protocol's, of a page's origin or address; undefined for anything but http(s). */
export const pageHost = (address: string | undefined): string | undefined => {
  if (address === undefined || !/^https?:\/\//i.test(address)) return undefined;
  try {
    return new URL(address).host;
  } catch {
    return undefined;
  }
};

/**
 * As browsers write an `Origin` or a `Referer`: a host in ASCII that begins like one, and a port, before whatever comes. They
 * write no name of a user there, and no backslash, which new URL() takes for a slash.
 */
const SENT = /^https?:\/\/(?:[a-z0-9][\w.-]*|\[[\da-f:.]+\])(?::\d{1,5})?(?:[/?#]|$)/i;

const sentHost = (origin: string): string | undefined => (SENT.test(origin) ? pageHost(origin) : undefined);

/** The sites of one gateway have few origins; others come from strangers. */
const ORIGINS = 1000;
const hosts = new Map<string, string | undefined>();

/** The same of an `Origin` header, which all pages of a site send alike. */
export const originHost = (origin: string | undefined): string | undefined => {
  if (origin === undefined) return undefined;
  if (origin.length > 300) return sentHost(origin);
  const known = hosts.get(origin);
  if (known !== undefined || hosts.has(origin)) return known;
  if (hosts.size >= ORIGINS) hosts.clear();
  const host = sentHost(origin);
  hosts.set(origin, host);
  return host;
};

/** `*.example.com` for `www.example.com`: a wildcard stands for one level. */
const oneLevelUp = (host: string): string => `*.${host.slice(host.indexOf('.') + 1)}`;

/** Whether a site is at a host: named as it is, or by a wildcard for its last level. */
export const isHostOf = (hosts: readonly string[], host: string): boolean =>
  hosts.includes(host) || (host.includes('.') && hosts.includes(oneLevelUp(host)));

const hostSets = new WeakMap<Sites, ReadonlySet<string>>();

const allHosts = (sites: Sites): ReadonlySet<string> => {
  const found = hostSets.get(sites);
  if (found) return found;
  const hosts = new Set([...sites.values()].flatMap((site) => site.hosts));
  hostSets.set(sites, hosts);
  return hosts;
};

/** Whether any site is at a host. */
export const isKnownHost = (sites: Sites, host: string): boolean => {
  const hosts = allHosts(sites);
  return hosts.has(host) || (host.includes('.') && hosts.has(oneLevelUp(host)));
};
