import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Dni } from '../../tracking/index.ts';
import { type OwnPages, siteOfPage } from '../pages/asking.ts';
import { addRoute, nothing } from '../route.ts';
import { refusal } from './asking.ts';
import { dropVisitor } from './cookie.ts';
import { linkOf } from './session.ts';

const BODY_BYTES = 16_384;
const EVENTS = 20;
const address = z.string().max(8192);
const word = z.string().max(200);

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('beat') }),
  z.object({ type: z.literal('idle') }),
  z.object({
    type: z.literal('page'),
    url: address.min(1),
    title: z.string().optional(),
    referrer: address.optional(),
  }),
  z.object({ type: z.literal('click'), kind: z.enum(['tel', 'sms', 'copy', 'button']), number: word }),
  z.object({
    type: z.literal('swap'),
    outcome: word,
    page: address,
    count: z.number().default(1),
  }),
  z.object({ type: z.literal('consent'), consent: z.enum(['granted', 'denied']) }),
]);

const bodySchema = z.object({
  site: word.min(1).meta({ description: 'Id of the site' }),
  visit: word.nullish().meta({ description: 'Left out where there is none: swaps alone are taken' }),
  events: z.array(eventSchema).max(EVENTS),
});

/** What pages report: heartbeats, hidden, pages, clicks, swaps, consent. */
export const eventsRoute = (app: FastifyInstance, dni: Dni, isOwn: OwnPages): void => {
  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/dni/events',
      summary: 'What a page reports, up to 20 events; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: bodySchema,
      response: z.object({
        ok: z.literal(true),
        renew: z.literal(true).optional().meta({ description: 'Ask for a session again' }),
        link: z.string().optional().meta({ description: 'A fresh value of `_dt`' }),
      }),
      handle: async ({ body, request, reply }) => {
        const site = siteOfPage(dni.sites(), body.site, request, isOwn);
        const answer = await dni.events(site.id, body.visit ?? undefined, body.events);
        if ('refused' in answer) throw refusal(answer.refused, reply);
        if (body.events.some((event) => event.type === 'consent' && event.consent === 'denied'))
          dropVisitor(request, reply);
        return { ok: true, ...(answer.renew && { renew: true }), ...linkOf(dni, site, answer.visitor) };
      },
    },
    { open: true, helmet: false, bodyLimit: BODY_BYTES },
  );
};
