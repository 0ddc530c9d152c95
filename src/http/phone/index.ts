import cookie from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import type { HttpParts, PhoneParts } from '../parts.ts';
import { accountRoutes } from './account.ts';
import { phoneCallRoutes } from './calls.ts';
import { liveRoutes } from './live.ts';
import { pageRoutes } from './pages.ts';
import { peopleRoutes } from './people.ts';
import { createSessions, refuseForeignPosts } from './session.ts';
import { sipRoutes } from './sip.ts';

/** The softphone: its page at /phone/, and what the page asks for below /phone/api. */
export const phoneRoutes = async (
  app: FastifyInstance,
  { store, logger }: Pick<HttpParts, 'store' | 'logger'>,
  phone: PhoneParts,
): Promise<void> => {
  await app.register(cookie);
  const now = Date.now;
  const sessions = createSessions({ store, hours: phone.settings.sessionHours, logger, now });
  const context = { store, phone, sessions, logger, now };
  await app.register(async (api) => {
    // After onRequest, where the rate limit counts.
    api.addHook('preParsing', async (request) => refuseForeignPosts(request));
    api.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      // RFC 9110 15.5.2 wants a scheme; a bearer's token opens nothing here.
      if (reply.statusCode === 401) reply.header('www-authenticate', 'Cookie');
    });
    accountRoutes(api, context);
    sipRoutes(api, context);
    peopleRoutes(api, context);
    phoneCallRoutes(api, context);
    liveRoutes(api, context);
  });
  await app.register((pages) => pageRoutes(pages, phone));
};
