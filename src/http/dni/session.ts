import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SitePlan } from '../../config/index.ts';
import type { Dni, SessionAnswer } from '../../tracking/index.ts';
import { type OwnPages, pageAddress, senderOf, siteOfPage } from '../pages/asking.ts';
import { addRoute, nothing } from '../route.ts';
import { refusal, refusesTracking } from './asking.ts';
import { cookieVisitor, dropVisitor, keepVisitor } from './cookie.ts';

/** Bytes of a body: an address and a referrer of 8,192 characters each, and the rest. */
const BODY_BYTES = 32_768;
const address = z.string().max(8192);
const word = z.string().max(200);

const bodySchema = z.object({
  site: word.min(1).meta({ description: 'Id of the site' }),
  visitor: word.nullish().meta({ description: 'What the browser remembers' }),
  visit: word.nullish(),
  url: address.min(1).meta({ description: 'Address of the page' }),
  referrer: address.nullish(),
  title: z.string().nullish(),
  tz: word.nullish().meta({ description: 'IANA time zone' }),
  lang: word.nullish(),
  viewport: z.unknown().optional(),
  targets: z.unknown().optional(),
  // What a tag says by another word is not said.
  consent: z.enum(['granted', 'denied', 'unknown']).default('unknown').catch('unknown'),
  gpc: z.boolean().nullish().meta({ description: 'Global Privacy Control or Do Not Track' }),
  automated: z.boolean().default(false).meta({ description: 'navigator.webdriver' }),
  link: word.nullish().meta({ description: '`_dt` of the address, from a linked site' }),
});

type Body = z.output<typeof bodySchema>;

export const numberSchema = z.object({
  e164: z.string(),
  display: z.string().meta({ description: 'For numbers that the page writes in no form of its own' }),
  tel: z.string().meta({ description: 'What a tel: link dials' }),
  suffix: z.string().optional().meta({ description: 'Extension code with its separator' }),
});

const answerSchema = z.object({
  visitor: z.string().optional().meta({ description: 'Left out: nothing is kept of this visit' }),
  visit: z.string().optional(),
  ttl: z.int().meta({ description: 'How long the numbers may be shown without asking again, s' }),
  heartbeat: z.int().meta({ description: 'Seconds between heartbeats' }),
  mode: z.enum(['exclusive', 'shared', 'static', 'overflow', 'canonical']),
  numbers: z.record(z.string(), numberSchema).meta({ description: 'By the number in the page, E.164' }),
  targets: z.array(z.string()).meta({ description: "The site's numbers to look for, E.164" }),
  linkHosts: z.array(z.string()).meta({ description: 'Hosts whose links get `_dt`' }),
  link: z.string().optional().meta({ description: 'Value of `_dt`, good for 2 minutes' }),
});

/** What the page said of consent; a browser that refuses to be followed outweighs it where the site honours that. */
const consentOf = (site: SitePlan, body: Body, refuses: boolean): Body['consent'] =>
  site.honourGpc && (refuses || body.gpc === true) ? 'denied' : body.consent;

/** Undefined members are left out of the JSON. */
const answerOf = (dni: Dni, site: SitePlan, answer: SessionAnswer): z.output<typeof answerSchema> => ({
  ...(answer.visitor !== undefined && { visitor: answer.visitor }),
  ...(answer.visit !== undefined && { visit: answer.visit }),
  ttl: answer.ttlSeconds,
  heartbeat: answer.heartbeatSeconds,
  mode: answer.mode,
  numbers: answer.numbers,
  targets: site.targets.map(({ number }) => number),
  linkHosts: [...site.linkedHosts],
  ...linkOf(dni, site, answer.visitor),
});

/** A token for links to the owner's other sites. */
export const linkOf = (dni: Dni, site: SitePlan, visitor: string | undefined): { readonly link?: string } =>
  site.linkedHosts.length > 0 && visitor !== undefined ? { link: dni.links.make(visitor) } : {};

/** Where a page opens: which numbers it shows. */
export const sessionRoute = (app: FastifyInstance, dni: Dni, isOwn: OwnPages): void => {
  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/dni/session',
      summary: 'Numbers for a page that opens; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: bodySchema,
      response: answerSchema,
      handle: async ({ body, request, reply }) => {
        const site = siteOfPage(dni.sites(), body.site, request, isOwn);
        pageAddress(site, body.url, request, isOwn);
        const sender = senderOf(request);
        const consent = consentOf(site, body, refusesTracking(request));
        const linked = body.link ? dni.links.read(body.link) : undefined;
        const answer = await dni.session({
          ...sender,
          siteId: site.id,
          visitorId: linked ?? cookieVisitor(request) ?? body.visitor ?? undefined,
          visitId: body.visit ?? undefined,
          url: body.url,
          referrer: body.referrer || undefined,
          title: body.title ?? undefined,
          consent,
          language: body.lang || sender.language,
          timeZone: body.tz ?? undefined,
          automated: body.automated,
        });
        if ('refused' in answer) throw refusal(answer.refused, reply);
        if (answer.visitor !== undefined) keepVisitor(request, reply, site, answer.visitor);
        if (consent === 'denied') dropVisitor(request, reply);
        return answerOf(dni, site, answer);
      },
    },
    { open: true, helmet: false, bodyLimit: BODY_BYTES },
  );
};
