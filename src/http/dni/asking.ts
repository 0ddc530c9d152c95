import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SitePlan } from '../../config/index.ts';
import type { Dni } from '../../tracking/index.ts';
import { HttpProblem } from '../problem.ts';
import { isHostOf, originHost } from './origin.ts';

const RETRY_SECONDS = 5;

/**
 * The site that a page belongs to.
 *
 * @throws HttpProblem 404 for an unknown site, 403 for a page of another host
 */
export const siteOfPage = (dni: Dni, siteId: string, request: FastifyRequest): SitePlan => {
  const site = dni.site(siteId);
  if (!site) throw new HttpProblem(404, 'There is no such site.');
  const host = originHost(request.headers.origin);
  if (host !== undefined && isHostOf(site.hosts, host)) return site;
  throw new HttpProblem(403, 'The Origin header names no host of the site.');
};

/** What is thrown at a page that gets no answer now: it keeps its own numbers. */
export const refusal = (refused: 'unknown-site' | 'too-many', reply: FastifyReply): HttpProblem => {
  if (refused === 'unknown-site') return new HttpProblem(404, 'There is no such site.');
  reply.header('retry-after', String(RETRY_SECONDS));
  return new HttpProblem(503, 'Too many pages ask at once: try again later.');
};

/** The first language of a header like `de-DE,de;q=0.9`. */
const firstLanguage = (header: string | undefined): string | undefined =>
  header?.split(/[,;]/)[0]?.trim().slice(0, 40) || undefined;

/** What every page tells by its request alone. */
export const senderOf = (request: FastifyRequest) => ({
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 1000),
  language: firstLanguage(request.headers['accept-language']),
  address: request.ip,
});

/** Whether the browser says that its user wants not to be followed (Global Privacy Control; Do Not Track). */
export const refusesTracking = ({ headers }: FastifyRequest): boolean =>
  headers['sec-gpc'] === '1' || headers['dnt'] === '1';
