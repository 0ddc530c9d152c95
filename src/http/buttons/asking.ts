import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Pressed, Refusal, Sender } from '../../buttons/index.ts';
import type { ButtonPlan, SitePlan } from '../../config/index.ts';
import { Overload, trimUrl } from '../../tracking/index.ts';
import { type OwnPages, pageAddress, senderOf, siteOfPage } from '../pages/asking.ts';
import { originHost } from '../pages/origin.ts';
import { HttpProblem } from '../problem.ts';
import type { ButtonParts } from './types.ts';

const PATH_CHARACTERS = 500;
const BUSY_SECONDS = 5;

export const word = z.string().max(200);
/** `de-DE`, as a page writes it; what is no language's tag (RFC 5646) is left out. */
export const languageTag = word
  .transform((tag) => (/^[a-z]{2,8}(?:[-_][a-z0-9]{1,8}){0,4}$/i.test(tag.trim()) ? tag.trim() : null))
  .nullish();
export const pressSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'use 22 characters of base64url: 128 random bits')
  .meta({ description: 'Id of the press, made by the page: 128 random bits, base64url' });
export const pageSchema = z.string().min(1).max(8192).meta({ description: 'Address of the page' });

/** Who asks, and from which site. */
export const claimFields = {
  site: word.min(1).meta({ description: 'Id of the site' }),
  viewer: word.nullish().meta({ description: "The visitor's id, or `e-` and 22 characters of its own" }),
  visit: word.nullish(),
  automated: z.boolean().default(false).meta({ description: 'navigator.webdriver' }),
};

/** A press of a button. */
export const pressFields = {
  ...claimFields,
  button: word.min(1),
  press: pressSchema,
  page: pageSchema.nullish(),
  lang: languageTag,
};

export const workSchema = z
  .object({ challenge: z.string().max(300), nonce: z.union([z.string().max(64), z.int()]).transform(String) })
  .optional()
  .meta({ description: 'SHA-256(challenge + ":" + nonce) begins with as many zero bits as were asked for' });

type Claimed = {
  readonly site: string;
  readonly viewer?: string | null | undefined;
  readonly visit?: string | null | undefined;
  readonly automated: boolean;
};

type PressBody = Claimed & {
  readonly button: string;
  readonly press: string;
  readonly page?: string | null | undefined;
  readonly lang?: string | null | undefined;
};

/** Headers that browsers send along with every request of a script. */
const missingHeaders = ({ headers, protocol }: FastifyRequest): number => {
  const { accept, 'accept-encoding': encoding, 'sec-fetch-mode': mode, 'user-agent': agent = '' } = headers;
  // Chromium tells it where the connection is secure (Fetch Metadata), since version 76.
  const tells = protocol === 'https' && /Chrome\/(?:[89]\d|\d{3})\./.test(agent);
  return [accept, encoding, tells ? mode : '-'].filter((value) => value === undefined).length;
};

/** What routes of pages read of a request; they refuse what comes from elsewhere. */
export const createReader = ({ pages }: Pick<ButtonParts, 'pages'>, isOwn: OwnPages) => {
  /** @throws HttpProblem 403 when the Referer, where there is one, names another place than the Origin */
  const sender = (request: FastifyRequest): Sender => {
    const { origin = '', referer } = request.headers;
    if (referer !== undefined && originHost(referer) !== originHost(origin))
      throw new HttpProblem(403, 'The Referer header names another page.', [], { code: 'origin' });
    return { ...senderOf(request), origin: new URL(origin).origin, missingHeaders: missingHeaders(request) };
  };

  /** @throws HttpProblem 404, 403 */
  const asked = (request: FastifyRequest, { site, viewer, visit, automated }: Claimed) => ({
    site: siteOfPage(pages.sites(), site, request, isOwn),
    viewer: viewer ?? undefined,
    visit: visit ?? undefined,
    automated,
    sender: sender(request),
  });

  /** Without e-mail addresses, as visits are kept. */
  const pathOf = (request: FastifyRequest, site: SitePlan, page: string): string =>
    new URL(trimUrl(pageAddress(site, page, request, isOwn).href)).pathname.slice(0, PATH_CHARACTERS);

  /** @throws HttpProblem 404 */
  const button = (site: SitePlan, id: string): ButtonPlan => {
    const found = pages.button(site, id);
    if (found) return found;
    throw new HttpProblem(404, 'The site has no such button.', [], { code: 'unknown-button' });
  };

  return {
    asked,
    pathOf,
    button,
    pressed: (request: FastifyRequest, body: PressBody): Pressed => {
      const base = asked(request, body);
      return {
        ...base,
        button: button(base.site, body.button),
        pressId: body.press,
        page: body.page ? pathOf(request, base.site, body.page) : undefined,
        language: body.lang ?? undefined,
      };
    },
  };
};

export type Reader = ReturnType<typeof createReader>;

const problemOf = (refusal: Refusal, reply: FastifyReply): HttpProblem => {
  const { status, code, detail, retryAfterSeconds, work, left } = refusal;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  return new HttpProblem(status, detail, [], {
    code,
    ...(work !== undefined && { work }),
    ...(left !== undefined && { left }),
  });
};

/** The answer, or what it was refused by: as a problem. */
export const answered = async <T extends { readonly type: string }>(
  answer: Promise<T | Refusal>,
  reply: FastifyReply,
): Promise<Exclude<T, Refusal>> => {
  const given = await orBusy(answer, reply);
  if (given.type === 'refused') throw problemOf(given as Refusal, reply);
  return given as Exclude<T, Refusal>;
};

/** @throws HttpProblem 503 while another process holds the database */
export const orBusy = async <T>(answer: Promise<T>, reply: FastifyReply): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Overload)) throw error;
    reply.header('retry-after', String(BUSY_SECONDS));
    throw new HttpProblem(503, 'Too many pages ask at once: try again later.', [], { code: 'busy' });
  }
};
