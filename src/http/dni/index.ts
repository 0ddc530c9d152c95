import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dni } from '../../tracking/index.ts';
import { HttpProblem } from '../problem.ts';
import { ampRoute } from './amp.ts';
import { eventsRoute } from './events.ts';
import { isKnownHost, originHost } from './origin.ts';
import { scriptRoutes } from './script.ts';
import { sessionRoute } from './session.ts';

/** Whether a request is one that web pages make, from wherever their readers are. */
export const isDniRequest = (url: string): boolean => /^\/(?:v1\/dni\/|dt(?:-debug)?\.js)/.test(url);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'The body is no JSON.');
  }
};

/** Pages of all sites may read the answers; whether a page is of the very site, its route looks. */
const allowOrigin = (dni: Dni, request: FastifyRequest, reply: FastifyReply): void => {
  reply
    .header('cache-control', 'no-store')
    .header('vary', 'Origin')
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'cross-origin');
  const { origin } = request.headers;
  const host = originHost(origin);
  if (origin === undefined || host === undefined || !isKnownHost(dni.sites(), host)) return;
  reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true');
};

const preflight = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '86400')
    .code(204)
    .send();

/** What the pages of sites ask for: the script, numbers, and where they report. */
export const dniRoutes = async (app: FastifyInstance, dni: Dni, scripts?: string): Promise<void> => {
  await app.register(async (pages) => {
    await pages.register(cookie);
    pages.addHook('onRequest', async (request, reply) => allowOrigin(dni, request, reply));
    // What beacons and requests without a preflight are sent as.
    pages.removeContentTypeParser('text/plain');
    pages.addContentTypeParser('text/plain', { parseAs: 'string' }, async (_request: unknown, text: string) =>
      parseJson(text),
    );
    sessionRoute(pages, dni);
    eventsRoute(pages, dni);
    ampRoute(pages, dni);
    for (const url of ['/v1/dni/session', '/v1/dni/events'])
      pages.options(url, { schema: { hide: true }, helmet: false }, preflight);
  });
  scriptRoutes(app, scripts);
};
