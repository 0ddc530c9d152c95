import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parsePhone } from '../../base/phone.ts';
import type { SitePlan } from '../../config/index.ts';
import { type Dni, displayOf } from '../../tracking/index.ts';
import { senderOf } from '../pages/asking.ts';
import { isHostOf, pageHost } from '../pages/origin.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import { refusal } from './asking.ts';
import { cookieVisitor } from './cookie.ts';

/** Where AMP pages are shown from, beside their own host. */
const CACHES: readonly string[] = ['*.cdn.ampproject.org', '*.bing-amp.com'];

const querySchema = z.object({
  site: z.string().min(1).max(200).meta({ description: 'Id of the site' }),
  target: z.string().min(1).max(40).meta({ description: 'The number in the page' }),
  url: z
    .string()
    .max(8192)
    .optional()
    .meta({ description: 'Address of the page: CANONICAL_URL or AMPDOC_URL' }),
  referrer: z.string().max(8192).optional().meta({ description: 'DOCUMENT_REFERRER' }),
  consent: z.enum(['granted', 'denied', 'unknown']).default('unknown'),
  __amp_source_origin: z.string().max(300).optional().meta({ description: 'Origin of the publisher' }),
});

type Query = z.output<typeof querySchema>;

/**
 * The publisher's origin. The page itself is shown by a cache of AMP's, or at the publisher's, whose requests then have no
 * Origin header but `AMP-Same-Origin: true`.
 *
 * @throws HttpProblem 403 when the page, or who shows it, is none of the site's
 */
const sourceOrigin = (site: SitePlan, query: Query, { headers }: FastifyRequest): string => {
  const source = query.__amp_source_origin ?? headers.origin;
  const host = pageHost(source);
  if (source === undefined || host === undefined || !isHostOf(site.hosts, host))
    throw new HttpProblem(403, '__amp_source_origin names no host of the site.');
  const shownAt = pageHost(headers.origin);
  const ours = shownAt !== undefined && (isHostOf(site.hosts, shownAt) || isHostOf(CACHES, shownAt));
  if (ours || headers['amp-same-origin'] === 'true') return new URL(source).origin;
  throw new HttpProblem(403, "The Origin header names neither a host of the site nor a cache of AMP's.");
};

const allow = (request: FastifyRequest, reply: FastifyReply, source: string): void => {
  reply
    .header('access-control-allow-origin', request.headers.origin ?? source)
    .header('access-control-allow-credentials', 'true')
    .header('access-control-expose-headers', 'AMP-Access-Control-Allow-Source-Origin')
    .header('amp-access-control-allow-source-origin', source);
};

/** The address that the page tells, if it is the site's; else the site's front page. */
const pageOf = (site: SitePlan, url: string | undefined, source: string): string => {
  const host = pageHost(url);
  return url !== undefined && host !== undefined && isHostOf(site.hosts, host) ? url : `${source}/`;
};

const targetOf = (site: SitePlan, text: string): string => {
  // A plus that was not escaped arrives as a blank.
  const number = parsePhone(text.trim().replace(/^(?=[1-9])/, '+'))?.e164;
  if (number !== undefined && site.targets.some((target) => target.number === number)) return number;
  throw new HttpProblem(404, 'The site has no such number.');
};

/** The number for `<amp-call-tracking>`: AMP pages run no script of ours. */
export const ampRoute = (app: FastifyInstance, dni: Dni): void => {
  addRoute(
    app,
    {
      url: '/v1/dni/amp',
      summary: 'A number for an AMP page (amp-call-tracking)',
      tag: 'pages',
      params: nothing,
      query: querySchema,
      response: z.object({ phoneNumber: z.string(), formattedPhoneNumber: z.string() }),
      handle: async ({ query, request, reply }) => {
        const site = dni.site(query.site);
        if (!site) throw refusal('unknown-site', reply);
        const source = sourceOrigin(site, query, request);
        allow(request, reply, source);
        const target = targetOf(site, query.target);
        const answer = await dni.session({
          ...senderOf(request),
          siteId: site.id,
          visitorId: cookieVisitor(request),
          visitId: undefined,
          url: pageOf(site, query.url, source),
          referrer: query.referrer || undefined,
          title: undefined,
          consent: query.consent,
          timeZone: undefined,
          automated: false,
        });
        if ('refused' in answer) throw refusal(answer.refused, reply);
        const shown = answer.numbers[target];
        const display = shown?.display ?? displayOf(target);
        return {
          phoneNumber: shown?.tel ?? target,
          formattedPhoneNumber: `${display}${shown?.suffix ?? ''}`,
        };
      },
    },
    { open: true, helmet: false },
  );
};
