import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { webSocketServers } from '../pages/web-sockets.ts';
import { addRoute, nothing } from '../route.ts';
import { claimFields, languageTag, orBusy, pageSchema, type Reader, word } from './asking.ts';
import type { ButtonParts } from './types.ts';

const BODY_BYTES = 16_384;

const bodySchema = z.object({
  ...claimFields,
  buttons: z.array(word).max(50).nullish().meta({ description: 'Ids; left out: all of the site' }),
  page: pageSchema,
  lang: languageTag,
});

export const buttonViewSchema = z.object({
  id: z.string(),
  text: z.string(),
  intents: z.array(z.object({ id: z.string(), text: z.string() })),
  notice: z.string().optional(),
  confirm: z.enum(['none', 'confirm', 'sms']),
  color: z.string().optional(),
  position: z.enum(['inline', 'bottom-right', 'bottom-left']),
  size: z.enum(['small', 'medium', 'large']),
  language: z.enum(['en', 'zh']).meta({ description: 'Of the words that are the script’s own' }),
  experiment: z.string().optional(),
  arm: z.string().optional(),
  number: z.object({ e164: z.string(), tel: z.string(), display: z.string() }),
  mobile: z.enum(['dial', 'browser']),
  open: z.boolean(),
  opensAt: z.int().optional().meta({ description: 'Milliseconds since the epoch' }),
  closed: z.enum(['callback', 'voicemail', 'number']),
  callback: z.object({ enabled: z.boolean(), consent: z.string() }),
  web: z.boolean().meta({ description: 'Calls can be made from this page' }),
});

/** How the buttons of a page look, to whom looks at it. */
export const configRoute = (app: FastifyInstance, parts: ButtonParts, reader: Reader): void => {
  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/button/config',
      summary: 'The buttons of a page, in its language; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: bodySchema,
      response: z.object({ viewer: z.string(), buttons: z.record(z.string(), buttonViewSchema) }),
      handle: async ({ body, request, reply }) => {
        const asked = reader.asked(request, body);
        reader.pathOf(request, asked.site, body.page);
        return orBusy(
          parts.pages.config({
            ...asked,
            buttons: body.buttons ?? undefined,
            language: body.lang ?? undefined,
            reachable: isReachable(request, parts),
            plain: false,
          }),
          reply,
        );
      },
    },
    { open: true, helmet: false, bodyLimit: BODY_BYTES },
  );
};

/** Whether a page of this request finds a listener that it may open. */
export const isReachable = (
  request: Parameters<typeof webSocketServers>[0],
  { phone, listeners }: Pick<ButtonParts, 'phone' | 'listeners'>,
): boolean => webSocketServers(request, { settings: phone, listeners }).length > 0;
