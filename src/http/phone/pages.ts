import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { webSocketServers } from '../pages/web-sockets.ts';
import type { PhoneParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';

/** From dist/http/phone and from src/http/phone. */
const PLACES = ['../../web/softphone/', '../../../dist/web/softphone/'] as const;

const FOREVER = 'public, max-age=31536000, immutable';

const builtPages = (): string => {
  const places = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const built = places.find((place) => existsSync(join(place, 'assets')));
  return built ?? places[1] ?? '';
};

const policy = (request: FastifyRequest, phone: PhoneParts): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    ["connect-src 'self'", ...webSocketServers(request, phone).map((url) => new URL(url).origin)].join(' '),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The softphone's page and what belongs to it, as Vite built them. */
export const pageRoutes = async (app: FastifyInstance, phone: PhoneParts): Promise<void> => {
  const root = phone.pages ?? builtPages();
  await app.register(fastifyStatic, { root, serve: false, cacheControl: false });

  const send = (request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply => {
    if (!existsSync(join(root, 'index.html')))
      throw new HttpProblem(503, "The softphone's pages are not built: run `npm run build`.");
    return (
      reply
        .header('content-security-policy', policy(request, phone))
        .header('permissions-policy', 'microphone=(self)')
        // What Vite puts there has its hash in its name.
        .header('cache-control', path.startsWith('assets/') ? FOREVER : 'no-cache')
        .sendFile(path)
    );
  };

  const hidden = { schema: { hide: true } } as const;
  app.get('/phone', hidden, (_request, reply) => reply.redirect('/phone/', 308));
  app.get('/phone/', hidden, (request, reply) => send(request, reply, 'index.html'));
  app.get<{ Params: { '*': string } }>('/phone/*', hidden, (request, reply) =>
    send(request, reply, request.params['*']),
  );
};
