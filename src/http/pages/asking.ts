import type { FastifyRequest } from 'fastify';
import type { SitePlan } from '../../config/index.ts';
import { HttpProblem } from '../problem.ts';
import { isHostOf, originHost, pageHost } from './origin.ts';

type Sites = ReadonlyMap<string, SitePlan>;

/** Whether a request comes from a page of the gateway's own, such as /c/sales: by its Origin, unless another address is given. */
export type OwnPages = (request: FastifyRequest, address?: string) => boolean;

/** An IP address, or this machine: no name that anybody could have led here. */
const isPlainPlace = (host: string): boolean =>
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|localhost)(?::\d+)?$/.test(host);

/**
 * Own pages are those of the host that a request is sent to (RFC 6454). Where the gateway's public address is known, any other
 * name that leads here is somebody else's (DNS rebinding).
 *
 * @param publicUrl `buttons.publicUrl`
 */
export const ownPages = (publicUrl: string | undefined): OwnPages => {
  const named = pageHost(publicUrl);
  return (request, address = request.headers.origin) => {
    const host = originHost(address);
    if (host === undefined) return false;
    if (host === named) return true;
    return host === request.host.toLowerCase() && (named === undefined || isPlainPlace(host));
  };
};

/**
 * The site that a page belongs to; pages of the gateway's own belong to each.
 *
 * @throws HttpProblem 404 for an unknown site, 403 for a page of another host
 */
export const siteOfPage = (
  sites: Sites,
  siteId: string,
  request: FastifyRequest,
  isOwn: OwnPages,
): SitePlan => {
  const site = sites.get(siteId);
  if (!site) throw new HttpProblem(404, 'There is no such site.', [], { code: 'unknown-site' });
  const host = originHost(request.headers.origin);
  if (host !== undefined && (isHostOf(site.hosts, host) || isOwn(request))) return site;
  throw new HttpProblem(403, 'The Origin header names no host of the site.', [], { code: 'origin' });
};

/**
 * A page's address, which has to be of the site or of the gateway's own.
 *
 * @throws HttpProblem 403
 */
export const pageAddress = (
  site: SitePlan,
  address: string,
  request: FastifyRequest,
  isOwn: OwnPages,
): URL => {
  const host = pageHost(address);
  const ours =
    host !== undefined &&
    (isHostOf(site.hosts, host) || (isOwn(request) && host === originHost(request.headers.origin)));
  if (ours) return new URL(address);
  throw new HttpProblem(403, "The page's address names no host of the site.", [], { code: 'origin' });
};

/** The first language of a header like `de-DE,de;q=0.9`; undefined for what is none. */
const firstLanguage = (header: string | undefined): string | undefined =>
  /^\s*(\*|[a-z]{1,8}(?:[-_][a-z0-9]{1,8}){0,4})\s*(?=[,;]|$)/i.exec(header ?? '')?.[1];

/** What every page tells by its request alone. */
export const senderOf = (request: FastifyRequest) => ({
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 1000),
  language: firstLanguage(request.headers['accept-language']),
  address: request.ip,
});
