import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SitePlan } from '../../config/index.ts';
import { HttpProblem } from '../problem.ts';
import { isKnownHost, originHost } from './origin.ts';

type Sites = ReadonlyMap<string, SitePlan>;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'The body is no JSON.');
  }
};

/** Pages of all sites may read the answers; whether a page is of the very site, its route looks. */
const allowOrigin = (sites: Sites, request: FastifyRequest, reply: FastifyReply): void => {
  reply
    .header('cache-control', 'no-store')
    .header('vary', 'Origin')
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'cross-origin');
  const { origin } = request.headers;
  const host = originHost(origin);
  if (origin === undefined || host === undefined || !isKnownHost(sites, host)) return;
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('access-control-expose-headers', 'Retry-After');
};

/** What is asked for in here, pages of all sites may read. JSON is taken as text/plain, too: that needs no preflight. */
export const openToPages = (pages: FastifyInstance, sites: () => Sites): void => {
  pages.addHook('onRequest', async (request, reply) => allowOrigin(sites(), request, reply));
  // What beacons and requests without a preflight are sent as.
  pages.removeContentTypeParser('text/plain');
  pages.addContentTypeParser('text/plain', { parseAs: 'string' }, async (_request: unknown, text: string) =>
    parseJson(text),
  );
};

const preflight = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '86400')
    .code(204)
    .send();

export const preflightRoute = (pages: FastifyInstance, url: string): void => {
  pages.options(url, { schema: { hide: true }, helmet: false }, preflight);
};
