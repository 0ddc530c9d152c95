import { createHash, randomBytes } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Language, languageOf } from '../../buttons/index.ts';
import type { ButtonPlan, SitePlan } from '../../config/index.ts';
import { type OwnPages, senderOf } from '../pages/asking.ts';
import { webSocketServers } from '../pages/web-sockets.ts';
import { HttpProblem } from '../problem.ts';
import { orBusy } from './asking.ts';
import { isReachable } from './config.ts';
import { type HostedPage, hostedPage, sorryPage } from './page.ts';
import { PAGE_STYLE } from './style.ts';
import type { ButtonParts } from './types.ts';
import { PAGE_WORDS, REFUSAL_WORDS, REFUSED } from './words.ts';

const BODY_BYTES = 4096;
const PRESS_BYTES = 16;
const STYLE_TAG = `"${createHash('sha256').update(PAGE_STYLE).digest('base64url').slice(0, 22)}"`;

type Hosted = { readonly button: ButtonPlan; readonly site: SitePlan };
/** A parameter that stands there twice comes as a list. */
type Query = { readonly lang?: string | readonly string[] };
type PageRequest = FastifyRequest<{ Params: { button: string }; Querystring: Query }>;

/** Nothing but what the page needs; it may stand in frames of its site's pages, or of nobody's. */
const policy = (request: FastifyRequest, { phone, listeners }: ButtonParts, ancestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    [
      "connect-src 'self'",
      ...webSocketServers(request, { settings: phone, listeners }).map((url) => new URL(url).origin),
    ].join(' '),
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${ancestors}`,
  ].join('; ');

const languageFor = (request: PageRequest, found: Hosted | undefined): Language => {
  const [wished] = [request.query.lang ?? []].flat();
  return languageOf(wished ?? found?.button.language, request.headers['accept-language']);
};

/**
 * A form of our own page: browsers say where it comes from, the oldest ones by the Referer alone.
 *
 * @throws HttpProblem 403
 */
const refuseForeign = (request: FastifyRequest, isOwn: OwnPages): void => {
  const { origin, referer } = request.headers;
  if (!isOwn(request, origin ?? referer))
    throw new HttpProblem(403, 'The form has to be sent from its own page.');
};

type CallBackAnswer = Awaited<ReturnType<ButtonParts['pages']['callBack']>>;

/** @param number as it was filled in */
const saidTo = (
  answer: CallBackAnswer,
  language: Language,
  number: string,
): Pick<HostedPage, 'message' | 'number' | 'isAsked'> => {
  const words = PAGE_WORDS[language];
  if (answer.type !== 'refused') return { message: words[answer.state], isAsked: true };
  return { message: `${words.failed} ${(REFUSAL_WORDS[answer.code] ?? REFUSED)[language]}`, number };
};

const readForm = async (_request: unknown, text: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(new URLSearchParams(text));

/** Pages of buttons, for links and QR codes: /c/sales; in a frame /c/sales/frame. */
export const hostedRoutes = async (
  app: FastifyInstance,
  parts: ButtonParts,
  isOwn: OwnPages,
): Promise<void> => {
  const { pages } = parts;
  const hidden = { schema: { hide: true }, helmet: false } as const;

  const hosted = (request: PageRequest): Hosted => {
    const found = pages.hosted(request.params.button);
    if (found) return found;
    throw new HttpProblem(404, 'There is no such button.');
  };

  const page = async (
    request: PageRequest,
    reply: FastifyReply,
    found: Hosted,
    more: Pick<HostedPage, 'framed' | 'message' | 'number' | 'isAsked'>,
  ): Promise<string> => {
    const { button, site } = found;
    const language = languageFor(request, found);
    const { buttons } = await orBusy(
      pages.config({
        site,
        viewer: undefined,
        visit: undefined,
        automated: true,
        // The form that the page's own script gets counts, not this one.
        plain: true,
        sender: { ...senderOf(request), origin: '', missingHeaders: 0 },
        buttons: [button.id],
        language,
        reachable: isReachable(request, parts),
      }),
      reply,
    );
    const view = buttons[button.id];
    if (view === undefined) throw new HttpProblem(404, 'There is no such button.');
    const press = randomBytes(PRESS_BYTES).toString('base64url');
    return hostedPage({ siteId: site.id, title: button.name ?? view.text, view, language, press, ...more });
  };

  const send = (
    request: FastifyRequest,
    reply: FastifyReply,
    text: string,
    ancestors: string,
  ): FastifyReply =>
    reply
      .header('content-security-policy', policy(request, parts, ancestors))
      .header('permissions-policy', 'microphone=(self), autoplay=(self)')
      .header('referrer-policy', 'strict-origin-when-cross-origin')
      .header('x-content-type-options', 'nosniff')
      .header('x-robots-tag', 'noindex')
      .header('vary', 'Accept-Language')
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(text);

  app.get('/dt-call-page.css', hidden, async (request, reply) => {
    reply
      .header('cache-control', 'public, max-age=300')
      .header('etag', STYLE_TAG)
      .header('x-content-type-options', 'nosniff');
    if (request.headers['if-none-match'] === STYLE_TAG) return reply.code(304).send();
    return reply.type('text/css; charset=utf-8').send(PAGE_STYLE);
  });

  await app.register(async (own) => {
    // Who follows a link is a person, also where it leads to nothing.
    own.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, statusCode = 500 } = error as { status?: number; statusCode?: number };
      const code = status ?? statusCode;
      if (code >= 500 && !(error instanceof HttpProblem)) throw error;
      const asked = request as PageRequest;
      const found = pages.hosted(asked.params.button);
      const language = languageFor(asked, found);
      const { gone, again } = PAGE_WORDS[language];
      const text = sorryPage(language, code === 404 ? gone : again, found && `/c/${found.button.id}`);
      return send(request, reply.code(code).header('x-frame-options', 'DENY'), text, "'none'");
    });

    // As people write it, and as a form's answer is loaded again.
    for (const url of ['/c/:button/', '/c/:button/callback'])
      own.get(url, hidden, async (request: PageRequest, reply) => {
        const { button } = hosted(request);
        const [, query = ''] = request.url.split('?');
        return reply.redirect(`/c/${button.id}${query && `?${query}`}`, 302);
      });

    own.get('/c/:button', hidden, async (request: PageRequest, reply) => {
      const found = hosted(request);
      const text = await page(request, reply, found, { framed: false });
      return send(request, reply.header('x-frame-options', 'DENY'), text, "'none'");
    });

    own.get('/c/:button/frame', hidden, async (request: PageRequest, reply) => {
      const found = hosted(request);
      const text = await page(request, reply, found, { framed: true });
      return send(request, reply, text, ["'self'", ...found.site.hosts].join(' '));
    });

    await own.register(async (forms) => {
      forms.removeAllContentTypeParsers();
      forms.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, readForm);

      forms.post(
        '/c/:button/callback',
        { ...hidden, bodyLimit: BODY_BYTES },
        async (request: PageRequest, reply) => {
          refuseForeign(request, isOwn);
          const found = hosted(request);
          const language = languageFor(request, found);
          const fields = (request.body ?? {}) as Readonly<Record<string, string>>;
          const { press = '', number = '', intent = '', consent } = fields;
          if (!/^[A-Za-z0-9_-]{22}$/.test(press)) throw new HttpProblem(400, 'The form names no press.');
          const answer = await orBusy(
            pages.callBack({
              site: found.site,
              button: found.button,
              viewer: undefined,
              visit: undefined,
              automated: false,
              sender: {
                ...senderOf(request),
                origin: `${request.protocol}://${request.host}`,
                missingHeaders: 0,
              },
              pressId: press,
              page: `/c/${found.button.id}`,
              language,
              number: number.slice(0, 40),
              consent: consent === 'yes',
              intent: intent === '' ? undefined : intent,
              proof: undefined,
              work: undefined,
              scripted: false,
            }),
            reply,
          );
          if (answer.type === 'refused') reply.code(answer.status);
          const said = saidTo(answer, language, number.slice(0, 40));
          const text = await page(request, reply, found, { framed: false, ...said });
          return send(request, reply.header('x-frame-options', 'DENY'), text, "'none'");
        },
      );
    });
  });
};
